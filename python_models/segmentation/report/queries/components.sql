-- One row per component and feature: what the axes of the map are made of.
select
    components.principal_component,
    components.feature_name,
    components.loading,
    components.explained_share
from {schema}.fct_segment_components as components
inner join {schema}.dim_segment_model_versions as versions
    on components.model_version = versions.model_version
where versions.is_active
order by components.principal_component, abs(components.loading) desc
