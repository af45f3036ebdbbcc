-- One row per score, week and feature.
select
    drift.score_name,
    drift.as_of_date,
    drift.feature_name,
    drift.n_customers,
    drift.population_stability_index,
    drift.is_clock,
    drift.drift
from {schema}.fct_score_drift as drift
inner join {schema}.dim_score_model_versions as versions
    on drift.model_version = versions.model_version
where versions.is_active
order by drift.score_name, drift.feature_name, drift.as_of_date
