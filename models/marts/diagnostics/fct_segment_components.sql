-- One row per version of the segment model, principal component and feature.
with

components as (

    select * from {{ ref('int_segment_components__listed') }}

)

select
    segment_component_id,
    model_version,
    principal_component,
    feature_name,
    loading,
    component_center,
    explained_share,
    fitted_as_of_date

from components
