"""One row per score, published snapshot and customer whose model is no formula.

Python because boosters and purchase models are; customers are streamed in batches.
"""


def model(dbt, session):
    dbt.config(materialized="incremental")
    from segmentation.scores import tables

    since = None
    if dbt.is_incremental:
        ((since,),) = (
            session.table(str(dbt.this)).aggregate("max(as_of_date)").fetchall()
        )
    return tables.score_customers(
        session=session,
        versions=dbt.ref("int_score_versions__effective"),
        registry=dbt.ref("int_score_models__registered"),
        described=dbt.ref("int_customer_slices__described"),
        since=since,
    )
