-- One row per persona of a recipe that may be fitted, claim and feature: where the
-- median of the segment's members must lie for its name, or its strategy, to be true.
with

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

claims as (

    select * from {{ segmentation.ref_seed('claims') }}

)

select
    claims.segment_id || '|' || claims.claim || '|' || claims.feature_name
        as segment_claim_id,
    personas.recipe,
    claims.segment_id,
    claims.claim,
    claims.feature_name,
    cast(claims.median_minimum as {{ segmentation.type_double() }}) as median_minimum,
    cast(claims.median_maximum as {{ segmentation.type_double() }}) as median_maximum

from claims

inner join personas
    on claims.segment_id = personas.segment_id

where {{ segmentation.is_chosen_recipe('personas.recipe') }}
