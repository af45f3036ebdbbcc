-- One row per number of clusters that the active fit was compared with.
select
    curves.n_clusters,
    curves.inertia,
    curves.silhouette,
    curves.null_silhouette,
    curves.shuffled_silhouette,
    curves.stability_mean,
    curves.smallest_share,
    curves.is_chosen,
    curves.model_version,
    curves.fitted_as_of_date
from {schema}.fct_segment_fit_curves as curves
inner join {schema}.dim_segment_model_versions as versions
    on curves.model_version = versions.model_version
where versions.is_active
order by curves.n_clusters
