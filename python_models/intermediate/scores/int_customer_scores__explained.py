"""One row per score, customer and reason, as of the last snapshot.

Python because contributions of a booster come from the booster.
"""


def model(dbt, session):
    from segmentation.scores import tables

    return tables.explain_scores(
        session=session,
        versions=dbt.ref("int_score_versions__effective"),
        registry=dbt.ref("int_score_models__registered"),
        described=dbt.ref("int_customer_slices__described"),
    )
