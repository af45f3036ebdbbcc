-- One row per version of the segment model that came as far as being judged.
{% set measures = [
    'silhouette', 'null_silhouette', 'shuffled_silhouette', 'davies_bouldin',
    'calinski_harabasz', 'inertia', 'stability_mean', 'stability_p5',
    'triviality_ari', 'triviality_nmi', 'density_validity', 'smallest_share',
    'cluster_density_validity', 'cluster_noise_share', 'unassigned_share',
    'prediction_agreement', 'champion_silhouette', 'kept_share'
] %}
with

measured as (

    select * from {{ ref('int_segment_fit_metrics__pivoted') }}

),

versions as (

    select * from {{ ref('dim_segment_model_versions') }}

)

select
    -- ids
    versions.model_version,

    -- strings
    versions.recipe,
    versions.method,
    versions.status,
    versions.structure,
    versions.failure,
    measured.triviality_binning,

    -- numerics
    versions.n_segments,
    {% for measure in measures %}
        measured.{{ measure }},
    {% endfor %}

    -- timestamps
    versions.fitted_as_of_date

from versions

inner join measured
    on versions.model_version = measured.model_version
