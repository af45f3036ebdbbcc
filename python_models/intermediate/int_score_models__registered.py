"""One row per thing that a fit of a score learned; append only.

Python because it fits: a run without a due fit reads the schedule and returns no rows.
"""


def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append")
    from segmentation import score_glue

    return score_glue.register_score_models(
        session=session,
        stored=str(dbt.this) if dbt.is_incremental else None,
        schedule=dbt.ref("int_slices__scheduled"),
        described=dbt.ref("int_customer_slices__described"),
        outcomes=dbt.ref("int_customer_outcomes__observed"),
        features=dbt.ref("int_score_features__listed"),
        settings={
            "refit_after_days": dbt.config.meta_get("refit_after_days"),
            "min_customers": dbt.config.meta_get("min_customers"),
            "sample_size": dbt.config.meta_get("sample_size"),
            "random_seed": dbt.config.meta_get("random_seed"),
            "n_slices": dbt.config.meta_get("n_slices"),
            "interval_days": dbt.config.meta_get("interval_days"),
            "n_draws": dbt.config.meta_get("n_draws"),
        },
    )
