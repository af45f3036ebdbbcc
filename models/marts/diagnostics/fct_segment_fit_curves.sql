-- One row per version of the segment model and number of clusters that was tried.
{% set measures = [
    'inertia', 'silhouette', 'null_silhouette', 'shuffled_silhouette',
    'davies_bouldin', 'calinski_harabasz', 'stability_mean', 'stability_p5',
    'smallest_share'
] %}
with

curves as (

    select * from {{ ref('int_segment_fit_curves__pivoted') }}

),

versions as (

    select * from {{ ref('dim_segment_model_versions') }}

)

select
    -- ids
    curves.model_version || '|'
    || cast(curves.n_clusters as {{ dbt.type_string() }}) as segment_fit_curve_id,
    curves.model_version,

    -- numerics
    curves.n_clusters,
    {% for measure in measures %}
        curves.{{ measure }},
    {% endfor %}
    curves.silhouette - case
        when curves.null_silhouette > curves.shuffled_silhouette
            then curves.null_silhouette
        else curves.shuffled_silhouette
    end as excess_silhouette,

    -- booleans
    curves.n_clusters = versions.n_segments as is_chosen,

    -- timestamps
    curves.fitted_as_of_date

from curves

inner join versions
    on curves.model_version = versions.model_version
