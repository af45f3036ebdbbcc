-- One row per persona of a recipe that may be fitted and feature: what it should look
-- like.
with

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

targets as (

    select * from {{ segmentation.ref_seed('persona_targets') }}

)

select
    targets.segment_id || '|' || targets.feature_name as persona_target_id,
    personas.recipe,
    targets.segment_id,
    targets.feature_name,
    cast(targets.target as {{ segmentation.type_double() }}) as target,
    cast(targets.minimum as {{ segmentation.type_double() }}) as minimum,
    cast(targets.maximum as {{ segmentation.type_double() }}) as maximum

from targets

inner join personas
    on targets.segment_id = personas.segment_id

where {{ segmentation.is_chosen_recipe('personas.recipe') }}
