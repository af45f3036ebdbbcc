"""One row per day on which an action's trial was read and thing that was learned of the
choice of actions: its worth, effects by customer, and how they are counted.

Python because it estimates: regressions, cross-fitting, intervals.
"""


def model(dbt, session):
    from segmentation.experiments import tables

    meta = dbt.config.get("meta")
    return tables.learn_policies(
        session=session,
        stored=dbt.this,
        trials=dbt.ref("int_action_trials__united"),
        settings={"random_seed": meta["random_seed"]},
    )
