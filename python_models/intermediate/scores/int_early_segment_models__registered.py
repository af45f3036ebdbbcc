"""One row per thing that a fit of an early segment learned; append only.

Python because it fits: a run without a due fit reads the schedule and returns no rows.
"""


def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append")
    from segmentation.scores import early_segment_tables

    meta = dbt.config.get("meta")
    return early_segment_tables.register_early_segment_models(
        session=session,
        stored=dbt.this if dbt.is_incremental else None,
        schedule=dbt.ref("int_early_segment_horizons__scheduled"),
        described=dbt.ref("int_customer_first_orders__described"),
        observed=dbt.ref("int_customer_early_segments__observed"),
        settings={
            "refit_after_days": meta["refit_after_days"],
            "min_customers": meta["min_customers"],
            "sample_size": meta["sample_size"],
            "random_seed": meta["random_seed"],
            "n_draws": meta["n_draws"],
            "early_days": meta["early_days"],
        },
    )
