"""One row per age and new customer: the segment predicted, and its probability.

Python because forests are no formula; customers are streamed in batches.
"""


def model(dbt, session):
    dbt.config(materialized="table")
    from segmentation.scores import early_segment_tables

    return early_segment_tables.predict_early_segments(
        session=session,
        versions=dbt.ref("int_early_segment_versions__effective"),
        registry=dbt.ref("int_early_segment_models__registered"),
        described=dbt.ref("int_customer_first_orders__described"),
    )
