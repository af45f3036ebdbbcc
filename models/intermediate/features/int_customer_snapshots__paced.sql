-- One row per customer and snapshot with at least two order days: the usual gap.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

order_days as (

    -- the last day on which anything ordered that day still stands
    select
        customer_id,
        activity_on,
        max(voided_on) as voided_on

    from days

    where n_orders > 0

    group by
        customer_id,
        activity_on

),

first_snapshot as (

    select min(as_of_date) as as_of_date
    from snapshots

),

unsettled as (

    -- customers with an order that a snapshot still saw and that was cancelled since:
    -- their gaps differ between snapshots
    select distinct order_days.customer_id

    from order_days

    inner join first_snapshot
        on order_days.voided_on > first_snapshot.as_of_date

    where order_days.voided_on < {{ segmentation.end_of_time() }}

),

settled_days as (

    select
        order_days.customer_id,
        order_days.activity_on,
        lead(order_days.activity_on) over (
            partition by order_days.customer_id
            order by order_days.activity_on asc
        ) as next_activity_on

    from order_days

    left join unsettled
        on order_days.customer_id = unsettled.customer_id

    where
        unsettled.customer_id is null
        and order_days.voided_on = {{ segmentation.end_of_time() }}

),

unsettled_days as (

    select
        snapshots.as_of_date,
        order_days.customer_id,
        order_days.activity_on,
        lead(order_days.activity_on) over (
            partition by snapshots.as_of_date, order_days.customer_id
            order by order_days.activity_on asc
        ) as next_activity_on

    from snapshots

    inner join order_days
        on
            snapshots.as_of_date >= order_days.activity_on
            and snapshots.as_of_date < order_days.voided_on

    inner join unsettled
        on order_days.customer_id = unsettled.customer_id

),

gaps as (

    select
        snapshots.as_of_date,
        settled_days.customer_id,
        settled_days.activity_on,
        settled_days.next_activity_on

    from snapshots

    inner join settled_days
        on snapshots.as_of_date >= settled_days.next_activity_on

    union all

    select
        as_of_date,
        customer_id,
        activity_on,
        next_activity_on

    from unsettled_days

    where next_activity_on is not null

),

measured as (

    select
        as_of_date,
        customer_id,
        {{ segmentation.days_between('activity_on', 'next_activity_on') }}
            as gap_days

    from gaps

)

select
    as_of_date,
    customer_id,
    cast(
        percentile_cont(0.5) within group (order by gap_days)
        as {{ segmentation.type_double() }}
    ) as median_gap_days

from measured

group by
    as_of_date,
    customer_id
