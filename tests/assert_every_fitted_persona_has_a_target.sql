-- A persona that fits assign is known by its targets, on features of its recipe: one
-- without any would never be given to a cluster.
{% call segmentation.if_all_are_built() %}
with

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

recipes as (

    select * from {{ segmentation.ref_seed('recipes') }}

),

targets as (

    select * from {{ segmentation.ref_seed('persona_targets') }}

),

features as (

    select * from {{ segmentation.ref_seed('recipe_features') }}

),

known as (

    select
        personas.recipe,
        personas.segment_id

    from personas

    inner join targets
        on personas.segment_id = targets.segment_id

    inner join features
        on
            personas.recipe = features.recipe
            and targets.feature_name = features.feature_name

    where targets.target is not null

)

select
    personas.recipe,
    personas.segment_id

from personas

inner join recipes
    on personas.recipe = recipes.recipe

left join known
    on
        personas.recipe = known.recipe
        and personas.segment_id = known.segment_id

where
    personas.assigned_by = 'fit'
    and known.segment_id is null

{% endcall %}
