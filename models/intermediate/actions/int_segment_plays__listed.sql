-- One row per play and segment; one per play that a trigger starts for everybody.
{% set string = dbt.type_string() %}
{% set double = segmentation.type_double() %}
with

playbook as (

    -- a column without any value has no type of its own
    select
        play_id,
        action_id,
        cast(lifecycle_role as {{ string }}) as lifecycle_role,
        cast(segment_id as {{ string }}) as segment_id,
        cast(trigger_id as {{ string }}) as trigger_id,
        cast(assumed_uplift as {{ double }}) as assumed_uplift,
        cast(assumed_uplift_low as {{ double }}) as assumed_uplift_low,
        cast(assumed_uplift_high as {{ double }}) as assumed_uplift_high

    from {{ segmentation.ref_seed('playbook') }}

),

personas as (

    select
        segment_id,
        cast(lifecycle_role as {{ string }}) as lifecycle_role

    from {{ segmentation.ref_seed('personas') }}

),

plays_of_segments as (

    select *
    from playbook
    where lifecycle_role is null

),

plays_of_roles as (

    -- what a segment has of its own stands in place of what its role has
    select
        playbook.play_id,
        playbook.action_id,
        personas.segment_id,
        playbook.trigger_id,
        playbook.assumed_uplift,
        playbook.assumed_uplift_low,
        playbook.assumed_uplift_high

    from playbook

    inner join personas
        on playbook.lifecycle_role = personas.lifecycle_role

    left join plays_of_segments
        on
            personas.segment_id = plays_of_segments.segment_id
            and playbook.action_id = plays_of_segments.action_id
            and coalesce(playbook.trigger_id, '')
            = coalesce(plays_of_segments.trigger_id, '')

    where plays_of_segments.play_id is null

)

select * from plays_of_roles

union all

select
    play_id,
    action_id,
    segment_id,
    trigger_id,
    assumed_uplift,
    assumed_uplift_low,
    assumed_uplift_high

from plays_of_segments
