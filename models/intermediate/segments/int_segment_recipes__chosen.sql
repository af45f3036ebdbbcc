-- One row per recipe that may be fitted and feature of it; a single row without feature
-- for rules.
{% set n_clusters = var('segmentation_n_clusters') %}
{{ config(pre_hook="{{ segmentation.check_recipe() }}") }}
with

recipes as (

    select * from {{ segmentation.ref_seed('recipes') }}

),

features as (

    select * from {{ segmentation.ref_seed('recipe_features') }}

),

feature_words as (

    select * from {{ segmentation.ref_seed('feature_words') }}

),

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

whale_personas as (

    select
        recipe,
        min(segment_id) as segment_id

    from personas

    where assigned_by = 'whale'

    group by recipe

)

select
    recipes.recipe || '|' || coalesce(features.feature_name, '') as recipe_feature_id,
    recipes.recipe,
    -- the one to be preferred first
    case recipes.recipe
        {% for recipe in segmentation.chosen_recipes() %}
            when '{{ recipe }}' then {{ loop.index }}
        {% endfor %}
    end as preference,
    recipes.method,
    recipes.scaling,
    -- null lets the fit choose
    {% if n_clusters is none %}
        cast(recipes.n_clusters as {{ dbt.type_int() }}) as n_clusters,
    {% elif n_clusters == 'auto' %}
        cast(null as {{ dbt.type_int() }}) as n_clusters,
    {% else %}
        cast({{ n_clusters }} as {{ dbt.type_int() }}) as n_clusters,
    {% endif %}
    recipes.segment_prefix,
    whale_personas.segment_id as whale_segment_id,
    features.feature_name,
    features.transform,
    cast(features.weight as {{ segmentation.type_double() }}) as weight,
    cast(features.tie_width as {{ segmentation.type_double() }}) as tie_width,
    feature_words.words_low,
    feature_words.words_high,
    feature_words.low_maximum,
    feature_words.high_minimum

from recipes

left join features
    on recipes.recipe = features.recipe

left join feature_words
    on features.feature_name = feature_words.feature_name

left join whale_personas
    on recipes.recipe = whale_personas.recipe

where {{ segmentation.is_chosen_recipe('recipes.recipe') }}
