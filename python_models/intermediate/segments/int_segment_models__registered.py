"""One row per thing that a fit of the segments learned; append only.

Python because it fits: a run without a due fit reads the schedule and returns no rows.
"""


def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append")
    from segmentation.segments import tables

    meta = dbt.config.get("meta")
    return tables.register_segment_models(
        session=session,
        stored=dbt.this if dbt.is_incremental else None,
        snapshots=dbt.ref("int_snapshots__scheduled"),
        features=dbt.ref("fct_customer_features"),
        recipe=dbt.ref("int_segment_recipes__chosen"),
        targets=dbt.ref("int_segment_targets__chosen"),
        claims=dbt.ref("int_segment_claims__chosen"),
        settings={
            "refit_after_days": meta["refit_after_days"],
            "min_customers": meta["min_customers"],
            "sample_size": meta["sample_size"],
            "random_seed": meta["random_seed"],
            "stability_resamples": meta["stability_resamples"],
        },
    )
