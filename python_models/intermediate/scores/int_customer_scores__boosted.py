"""One row per score, published snapshot and customer whose model is no formula.

Python because boosters and purchase models are; customers are streamed in batches.
"""


def model(dbt, session):
    dbt.config(materialized="incremental")
    from segmentation import relations
    from segmentation.scores import tables

    since = None
    if dbt.is_incremental:
        (last,) = relations.read_rows(
            relations.stored(session, dbt.this),
            {"since": "max(as_of_date)"},
            group_by=[],
        )
        since = last["since"]
    return tables.score_customers(
        session=session,
        versions=dbt.ref("int_score_versions__effective"),
        registry=dbt.ref("int_score_models__registered"),
        described=dbt.ref("int_customer_slices__described"),
        since=since,
    )
