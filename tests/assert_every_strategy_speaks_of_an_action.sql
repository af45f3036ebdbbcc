-- Every strategy speaks of an action that the playbook proposes to members of its
-- segment, so that fct_segment_reach can tell whom it reaches. For a host's own
-- segments, whose plays may be to come, it is a warning.
{{ config(severity='warn' if project_name != 'segmentation' else 'error') }}
{% call segmentation.if_all_are_built() %}
with

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

spoken_of as (

    select * from {{ segmentation.ref_seed('strategy_actions') }}

),

plays as (

    select * from {{ ref('int_segment_plays__listed') }}

),

playable as (

    select
        spoken_of.segment_id,
        count(*) as n_plays

    from spoken_of

    inner join plays
        on
            spoken_of.action_id = plays.action_id
            and (
                plays.segment_id is null
                or plays.segment_id = spoken_of.segment_id
            )

    group by spoken_of.segment_id

)

select
    personas.segment_id,
    personas.strategy

from personas

left join playable
    on personas.segment_id = playable.segment_id

where playable.segment_id is null

{% endcall %}
