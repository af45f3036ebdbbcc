-- One row per customer, snapshot and proposed action, with the first reason that
-- forbids it, if any.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

proposed as (

    select * from {{ ref('int_customer_actions__proposed') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

fired as (

    select * from {{ ref('int_customer_triggers__fired') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

channels as (

    select * from {{ ref('int_customer_channels__judged') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

holdouts as (

    select * from {{ ref('int_customer_holdouts__assigned') }}

),

members as (

    select * from {{ ref('int_experiment_members__assigned') }}

),

experiments as (

    select * from {{ ref('int_experiments__listed') }}

),

controls as (

    -- left alone until the outcome window has closed
    select
        members.customer_id,
        experiments.action_id,
        min(members.assigned_on) as assigned_on,
        max({{ segmentation.dateadd_days(
            'experiments.outcome_days', 'members.assigned_on'
        ) }}) as closes_on

    from members

    inner join experiments
        on members.experiment_id = experiments.experiment_id

    where
        members.arm = 'control'
        and experiments.action_id is not null

    group by
        members.customer_id,
        experiments.action_id

),

conditions as (

    select
        as_of_date,
        customer_id,
        max(case when trigger_id = 'complaint' then 1 else 0 end) as has_complaint,
        max(case when trigger_id = 'sunset' then 1 else 0 end) as is_resting

    from fired

    where trigger_id in ('complaint', 'sunset')

    group by
        as_of_date,
        customer_id

)

select
    proposed.as_of_date,
    proposed.customer_id,
    proposed.action_id,
    proposed.play_id,
    proposed.segment_id,
    proposed.trigger_id,
    proposed.channel,
    proposed.assumed_uplift,
    proposed.assumed_uplift_low,
    proposed.assumed_uplift_high,
    proposed.action_starts_on,
    proposed.action_expires_on,
    case
        -- work for a colleague, and silence, need nobody's leave
        when proposed.channel in ('task', 'none') then null
        when channels.blocked_by = 'no_consent' then 'no_consent'
        when holdouts.holdout_group = 'holdout' then 'holdout'
        when controls.customer_id is not null then 'experiment_control'
        when conditions.has_complaint = 1 then 'open_complaint'
        -- the playbook says what a rested address may still get
        when
            conditions.is_resting = 1
            and coalesce(proposed.trigger_id, '') not in ('sunset', 'lost')
            then 'sunset'
        when
            proposed.offer_type not in ('none', 'access')
            and proposed.n_orders >= {{ var('segmentation_return_abuse_orders') }}
            and proposed.return_rate >= {{ var('segmentation_return_abuse_rate') }}
            then 'return_abuse'
        else channels.blocked_by
    end as blocked_by

from proposed

left join holdouts
    on proposed.customer_id = holdouts.customer_id

left join controls
    on
        proposed.customer_id = controls.customer_id
        and proposed.action_id = controls.action_id
        and proposed.as_of_date >= controls.assigned_on
        and proposed.as_of_date <= controls.closes_on

left join conditions
    on
        proposed.as_of_date = conditions.as_of_date
        and proposed.customer_id = conditions.customer_id

left join channels
    on
        proposed.as_of_date = channels.as_of_date
        and proposed.customer_id = channels.customer_id
        and proposed.channel = channels.channel
