-- One row: the active segment model, with what it was judged by.
select
    versions.model_version,
    versions.recipe,
    versions.method,
    versions.structure,
    versions.status,
    versions.failure,
    versions.n_segments,
    versions.n_customers,
    versions.fitted_as_of_date,
    quality.silhouette,
    quality.null_silhouette,
    quality.shuffled_silhouette,
    quality.stability_mean,
    quality.stability_p5,
    quality.triviality_ari,
    quality.triviality_binning,
    quality.smallest_share
from {schema}.dim_segment_model_versions as versions
left join {schema}.fct_segment_fit_quality as quality
    on versions.model_version = quality.model_version
where versions.is_active
order by versions.fitted_as_of_date desc, versions.model_version
limit 1
