-- One row per segment that customers can be in, or ever were.
with

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

judged as (

    select * from {{ ref('int_segments__judged') }}

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
    personas.segment_id,
    -- what its members deny is not said of a segment
    case
        when judged.is_name_true = false then judged.plain_name
        else personas.segment_name
    end as segment_name,
    personas.recipe,
    case
        when judged.is_strategy_true = false
            then coalesce(personas.fallback_strategy, 'Look at its profile first')
        else personas.strategy
    end as strategy,
    true as is_persona

from personas

left join judged
    on personas.segment_id = judged.segment_id

union all

select
    segment_id,
    segment_name,
    recipe,
    'Look at its profile before writing to it: it matches no persona' as strategy,
    false as is_persona

from described

where newness = 1
