"""One row per experiment, arm and share contacted: a point of the Qini curve.

Python because it estimates: cross-fitted ranking and its bootstrap.
"""


def model(dbt, session):
    from segmentation.experiments import tables

    meta = dbt.config.get("meta")
    return tables.estimate_uplift_curves(
        session=session,
        stored=dbt.this,
        effects=dbt.ref("int_experiment_effects__estimated"),
        members=dbt.ref("int_experiment_members__united"),
        settings={
            "n_resamples": meta["n_resamples"],
            "random_seed": meta["random_seed"],
        },
    )
