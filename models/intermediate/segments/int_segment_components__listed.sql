-- One row per version of the segment model, principal component and feature.
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

loadings as (

    select
        model_version,
        item as principal_component,
        feature_name,
        numeric_value as loading,
        as_of_date as fitted_as_of_date

    from registry

    where
        section = 'component'
        and feature_name is not null
        and item != 'center'

),

explained as (

    select
        model_version,
        item as principal_component,
        numeric_value as explained_share

    from registry

    where
        section = 'component'
        and feature_name is null

),

crossings as (

    select
        model_version,
        feature_name,
        numeric_value as component_center

    from registry

    where
        section = 'component'
        and item = 'center'

)

select
    loadings.model_version || '|' || loadings.principal_component || '|'
    || loadings.feature_name as segment_component_id,
    loadings.model_version,
    loadings.principal_component,
    loadings.feature_name,
    loadings.loading,
    crossings.component_center,
    explained.explained_share,
    loadings.fitted_as_of_date

from loadings

inner join explained
    on
        loadings.model_version = explained.model_version
        and loadings.principal_component = explained.principal_component

inner join crossings
    on
        loadings.model_version = crossings.model_version
        and loadings.feature_name = crossings.feature_name
