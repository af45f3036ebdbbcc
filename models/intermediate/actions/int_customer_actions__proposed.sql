-- One row per customer, snapshot and action that the playbook proposes and whose time
-- it is, allowed or not.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

fired as (

    select * from {{ ref('int_customer_triggers__fired') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

features as (

    select * from {{ ref('fct_customer_features') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

orders as (

    select * from {{ ref('int_customer_snapshots__ordered') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

plays as (

    select * from {{ ref('int_segment_plays__listed') }}

),

actions as (

    select
        action_id,
        channel,
        offer_type,
        cast(valid_days as {{ dbt.type_int() }}) as valid_days,
        cast(repeat_after_days as {{ dbt.type_int() }}) as repeat_after_days

    from {{ segmentation.ref_seed('actions') }}

),

proposed as (

    select
        confirmed.as_of_date,
        confirmed.customer_id,
        confirmed.segment_id,
        plays.action_id,
        plays.play_id,
        plays.segment_id as play_segment_id,
        plays.trigger_id,
        plays.assumed_uplift,
        plays.assumed_uplift_low,
        plays.assumed_uplift_high,
        cast(null as date) as trigger_started_on

    from confirmed

    inner join plays
        on confirmed.segment_id = plays.segment_id

    where plays.trigger_id is null

    union all

    select
        confirmed.as_of_date,
        confirmed.customer_id,
        confirmed.segment_id,
        plays.action_id,
        plays.play_id,
        plays.segment_id as play_segment_id,
        plays.trigger_id,
        plays.assumed_uplift,
        plays.assumed_uplift_low,
        plays.assumed_uplift_high,
        fired.trigger_started_on

    from fired

    inner join plays
        on fired.trigger_id = plays.trigger_id

    inner join confirmed
        on
            fired.as_of_date = confirmed.as_of_date
            and fired.customer_id = confirmed.customer_id
            and (
                plays.segment_id is null
                or plays.segment_id = confirmed.segment_id
            )

),

described as (

    select
        proposed.*,
        actions.channel,
        actions.offer_type,
        actions.valid_days,
        actions.repeat_after_days,
        features.n_orders,
        features.return_rate,
        orders.last_ordered_on,
        -- an action that comes back has its own phase for each customer, so that not
        -- everybody is written to in the same week
        case
            when proposed.trigger_started_on is not null
                then {{ segmentation.days_between(
                    'proposed.trigger_started_on', 'proposed.as_of_date'
                ) }}
            else
                {{ segmentation.days_between(
                    'orders.known_on', 'proposed.as_of_date'
                ) }}
                + cast(
                    floor(
                        coalesce(actions.repeat_after_days, 1)
                        * {{ segmentation.salted_unit(
                            'proposed.action_id', 'proposed.customer_id'
                        ) }}
                    ) as {{ dbt.type_int() }}
                )
        end as phase_days

    from proposed

    inner join actions
        on proposed.action_id = actions.action_id

    inner join features
        on
            proposed.as_of_date = features.as_of_date
            and proposed.customer_id = features.customer_id

    inner join orders
        on
            proposed.as_of_date = orders.as_of_date
            and proposed.customer_id = orders.customer_id

),

started as (

    -- from the trigger on; else in turns; else from the last order on
    select
        *,
        case
            when trigger_started_on is not null and repeat_after_days is null
                then trigger_started_on
            when repeat_after_days is not null
                then {{ segmentation.dateadd_days(
                    '-mod(phase_days, repeat_after_days)', 'as_of_date'
                ) }}
            else coalesce(last_ordered_on, as_of_date)
        end as action_starts_on

    from described

),

live as (

    select
        *,
        case
            when valid_days is not null
                then {{ segmentation.dateadd_days(
                    'valid_days - 1', 'action_starts_on'
                ) }}
        end as action_expires_on,
        -- a play for the segment is more to the point than one for everybody
        row_number() over (
            partition by as_of_date, customer_id, action_id
            order by
                case when play_segment_id is null then 1 else 0 end asc,
                case when trigger_id is null then 1 else 0 end asc,
                action_starts_on desc,
                play_id asc
        ) as play_rank

    from started

    where
        valid_days is null
        or as_of_date
        < {{ segmentation.dateadd_days('valid_days', 'action_starts_on') }}

)

select
    as_of_date,
    customer_id,
    action_id,
    play_id,
    segment_id,
    trigger_id,
    channel,
    offer_type,
    assumed_uplift,
    assumed_uplift_low,
    assumed_uplift_high,
    n_orders,
    return_rate,
    action_starts_on,
    action_expires_on

from live

where play_rank = 1
