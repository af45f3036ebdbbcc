-- One row per version of the segment model that came as far as being judged.
{% set measures = [
    'silhouette', 'null_silhouette', 'shuffled_silhouette', 'davies_bouldin',
    'calinski_harabasz', 'inertia', 'stability_mean', 'stability_p5',
    'triviality_ari', 'triviality_nmi', 'density_validity', 'smallest_share',
    'cluster_density_validity', 'cluster_noise_share', 'unassigned_share',
    'prediction_agreement', 'champion_silhouette', 'kept_share'
] %}
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

)

select
    model_version,
    {% for measure in measures %}
        max(case when item = '{{ measure }}' then numeric_value end) as {{ measure }},
    {% endfor %}
    max(case when item = 'triviality_ari' then text_value end) as triviality_binning

from registry

where section = 'metric'

group by model_version
