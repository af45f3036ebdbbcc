-- The playbook leaves no segment of any recipe and no trigger without an action. For a
-- host's own segments, whose plays may be to come, it is a warning.
{{ config(severity='warn' if project_name != 'segmentation' else 'error') }}
{% call segmentation.if_all_are_built() %}
with

playbook as (

    select * from {{ segmentation.ref_seed('playbook') }}

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

    left join playbook
        on personas.segment_id = playbook.segment_id

    where playbook.play_id is null

    union all

    select
        'trigger' as kind,
        triggers.trigger_id as covered_id

    from triggers

    left join playbook
        on triggers.trigger_id = playbook.trigger_id

    where playbook.play_id is null

)

select * from uncovered

{% endcall %}
