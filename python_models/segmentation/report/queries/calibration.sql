-- One row per active score and tenth of its test customers.
select
    calibration.score_name,
    calibration.candidate,
    calibration.decile,
    calibration.n_customers,
    calibration.mean_prediction,
    calibration.mean_outcome,
    calibration.low_value,
    calibration.high_value,
    calibration.is_within_interval,
    versions.horizon_days,
    versions.test_date
from {schema}.fct_score_calibration as calibration
inner join {schema}.dim_score_model_versions as versions
    on calibration.model_version = versions.model_version
where versions.is_active
order by calibration.score_name, calibration.decile
