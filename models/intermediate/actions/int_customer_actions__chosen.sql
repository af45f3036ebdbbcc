-- One row per customer and snapshot: the recommended action, if anything is better than
-- doing nothing.
{{ config(materialized='view') }}
with

ranked as (

    select * from {{ ref('int_customer_actions__ranked') }}

),

actions as (

    select * from {{ segmentation.ref_seed('actions') }}

),

triggers as (

    select * from {{ segmentation.ref_seed('triggers') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

holdouts as (

    select * from {{ ref('int_customer_holdouts__assigned') }}

),

first_choices as (

    select * from ranked
    where action_rank = 1

)

{% set recommended = "first_choices.action_id != 'do_nothing'" %}
select
    first_choices.as_of_date,
    first_choices.customer_id,
    case when {{ recommended }} then 'recommended' else 'none' end as action_status,
    case when {{ recommended }} then actions.action_id end as action_id,
    case when {{ recommended }} then actions.action_name end as action_name,
    case when {{ recommended }} then actions.channel end as channel,
    case when {{ recommended }} then actions.offer_type end as offer_type,
    case when {{ recommended }} then actions.offer_rate end as offer_rate,
    case when {{ recommended }} then actions.priority end as priority,
    case
        when {{ recommended }}
            then
                {{ segmentation.action_reason(
                    'triggers.trigger_description', 'segments.segment_name'
                ) }}
    end as action_reason,
    case when {{ recommended }} then actions.action_content end as action_content,
    first_choices.action_expires_on,
    holdouts.holdout_group

from first_choices

inner join actions
    on first_choices.action_id = actions.action_id

inner join segments
    on first_choices.segment_id = segments.segment_id

left join triggers
    on first_choices.trigger_id = triggers.trigger_id

left join holdouts
    on first_choices.customer_id = holdouts.customer_id
