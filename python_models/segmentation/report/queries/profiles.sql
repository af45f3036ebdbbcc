-- One row per segment and feature.
select
    segment_id,
    feature_name,
    n_customers,
    segment_mean,
    segment_median,
    population_mean,
    standardised_mean,
    relative_importance,
    as_of_date
from {schema}.fct_segment_profiles
order by feature_name, segment_id
