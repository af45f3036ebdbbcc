"""One row per experiment: whether its arms are as planned, and what it can find.

Python because p-values and sample sizes need a library; it reads counts only.
"""


def model(dbt, session):
    from segmentation.experiments import tables

    return tables.size_experiments(
        session=session,
        dated=dbt.ref("int_experiments__dated"),
        members=dbt.ref("int_experiment_members__united"),
    )
