-- The playbook leaves no segment of any recipe and no trigger without an action. For a
-- host's own segments, whose plays may be to come, it is a warning.
{{ config(severity='warn' if project_name != 'segmentation' else 'error') }}
{% call segmentation.if_all_are_built() %}
with

plays as (

    select * from {{ ref('int_segment_plays__listed') }}

),

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

triggers as (

    select * from {{ segmentation.ref_seed('triggers') }}

),

uncovered as (

    select
        'segment' as kind,
        personas.segment_id as covered_id

    from personas

    left join plays
        on personas.segment_id = plays.segment_id

    where plays.play_id is null

    union all

    select
        'trigger' as kind,
        triggers.trigger_id as covered_id

    from triggers

    left join plays
        on triggers.trigger_id = plays.trigger_id

    where plays.play_id is null

)

select * from uncovered

{% endcall %}
