-- One row per version of the segment model and number of clusters that was tried.
{% set measures = [
    'inertia', 'silhouette', 'null_silhouette', 'shuffled_silhouette',
    'davies_bouldin', 'calinski_harabasz', 'stability_mean', 'stability_p5',
    'smallest_share'
] %}
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

)

select
    model_version,
    n_clusters,
    {% for measure in measures %}
        max(case when item = '{{ measure }}' then numeric_value end) as {{ measure }},
    {% endfor %}
    min(as_of_date) as fitted_as_of_date

from registry

where section = 'curve'

group by
    model_version,
    n_clusters
