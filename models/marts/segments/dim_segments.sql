-- One row per segment that customers can be in, or ever were.
with

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

described as (

    -- clusters that matched no persona, under the last name a fit gave them
    select
        item as segment_id,
        recipe,
        text_value as segment_name,
        row_number() over (
            partition by item
            order by version_number desc
        ) as newness

    from registry

    where
        section = 'segment'
        and text_value is not null

)

select
    segment_id,
    segment_name,
    recipe,
    strategy,
    true as is_persona

from personas

union all

select
    segment_id,
    segment_name,
    recipe,
    'Look at its profile before writing to it: it matches no persona' as strategy,
    false as is_persona

from described

where newness = 1
