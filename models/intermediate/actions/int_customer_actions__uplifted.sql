-- One row per customer, snapshot and allowed action: the orders it is expected to add,
-- by the measured effect where there is one and by the planning assumption where there
-- is none.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

judged as (

    select * from {{ ref('int_customer_actions__judged') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

effects as (

    select * from {{ ref('int_action_effects__estimated') }}

),

own_effects as (

    select * from {{ ref('int_customer_effects__predicted') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

known_effects as (

    -- what had been measured by the snapshot
    select
        snapshots.as_of_date,
        effects.*,
        row_number() over (
            partition by
                snapshots.as_of_date,
                effects.action_id
            order by effects.measured_on desc
        ) as newness

    from snapshots

    inner join effects
        on snapshots.as_of_date >= effects.measured_on

),

current_effects as (

    select * from known_effects
    where newness = 1

),

measured as (

    -- the customer's own where that is proven to pay, else that of all
    select
        judged.*,
        case
            when own_effects.effect is not null then 'customer'
            when current_effects.effect is not null then 'all'
        end as measured_on_stratum,
        coalesce(own_effects.effect, current_effects.effect) as measured_uplift,
        coalesce(own_effects.ci_low, current_effects.ci_low) as measured_uplift_low,
        coalesce(own_effects.ci_high, current_effects.ci_high) as measured_uplift_high

    from judged

    left join own_effects
        on
            judged.as_of_date = own_effects.as_of_date
            and judged.customer_id = own_effects.customer_id
            and judged.action_id = own_effects.action_id

    left join current_effects
        on
            judged.as_of_date = current_effects.as_of_date
            and judged.action_id = current_effects.action_id

    where judged.blocked_by is null

)

select
    as_of_date,
    customer_id,
    action_id,
    play_id,
    segment_id,
    trigger_id,
    channel,
    action_starts_on,
    action_expires_on,
    measured_on_stratum,
    case
        when measured_uplift is not null then 'measured'
        when assumed_uplift is not null then 'assumed'
        else 'none'
    end as evidence,
    coalesce(measured_uplift, assumed_uplift) as expected_uplift,
    case
        when measured_uplift is not null then measured_uplift_low
        else assumed_uplift_low
    end as expected_uplift_low,
    case
        when measured_uplift is not null then measured_uplift_high
        else assumed_uplift_high
    end as expected_uplift_high

from measured
