"""One row per experiment, arm, metric, stratum and estimator: effect and interval.

Python because it estimates: score and t intervals, bootstrap, shrinkage.
"""


def model(dbt, session):
    from segmentation.experiments import tables

    meta = dbt.config.get("meta")
    return tables.estimate_effects(
        session=session,
        stored=dbt.this,
        dated=dbt.ref("int_experiments__dated"),
        members=dbt.ref("int_experiment_members__united"),
        settings={
            "n_resamples": meta["n_resamples"],
            "random_seed": meta["random_seed"],
        },
    )
