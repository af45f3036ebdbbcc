-- One row per feature of the recipe in use; a single row without feature for rules.
{{ config(pre_hook="{{ segmentation.check_recipe() }}") }}
with

recipes as (

    select * from {{ segmentation.ref_seed('recipes') }}

),

features as (

    select * from {{ segmentation.ref_seed('recipe_features') }}

)

select
    recipes.recipe || '|' || coalesce(features.feature_name, '') as recipe_feature_id,
    recipes.recipe,
    recipes.method,
    cast(recipes.n_clusters as {{ dbt.type_int() }}) as n_clusters,
    recipes.segment_prefix,
    features.feature_name,
    features.transform,
    cast(features.weight as {{ segmentation.type_double() }}) as weight

from recipes

left join features
    on recipes.recipe = features.recipe

where recipes.recipe = '{{ var("segmentation_recipe") }}'
