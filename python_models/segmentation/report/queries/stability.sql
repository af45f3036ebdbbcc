-- One row per segment of the active version: is it found again in resamples?
select
    stability.segment_id,
    stability.n_sampled,
    stability.jaccard_stability,
    stability.fitted_as_of_date
from {schema}.fct_segment_stability as stability
inner join {schema}.dim_segment_model_versions as versions
    on stability.model_version = versions.model_version
where versions.is_active
order by stability.segment_id
