"""One row per thing that a fit of a score learned; append only.

Python because it fits: a run without a due fit reads the schedule and returns no rows.
"""


def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append")
    from segmentation.scores import tables

    meta = dbt.config.get("meta")
    return tables.register_score_models(
        session=session,
        stored=dbt.this if dbt.is_incremental else None,
        schedule=dbt.ref("int_slices__scheduled"),
        described=dbt.ref("int_customer_slices__described"),
        outcomes=dbt.ref("int_customer_outcomes__observed"),
        features=dbt.ref("int_score_features__listed"),
        settings={
            "refit_after_days": meta["refit_after_days"],
            "min_customers": meta["min_customers"],
            "sample_size": meta["sample_size"],
            "random_seed": meta["random_seed"],
            "n_slices": meta["n_slices"],
            "interval_days": meta["interval_days"],
            "n_judged": meta["n_judged"],
            "n_draws": meta["n_draws"],
        },
    )
