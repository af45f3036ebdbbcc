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
        lead(order_days.activity_on, 1) over (
            partition by order_days.customer_id
            order by order_days.activity_on asc
        ) as next_activity_on,
        lead(order_days.activity_on, 2) over (
            partition by order_days.customer_id
            order by order_days.activity_on asc
        ) as second_activity_on,
        row_number() over (
            partition by order_days.customer_id
            order by order_days.activity_on asc
        ) as gap_number

    from order_days

    left join unsettled
        on order_days.customer_id = unsettled.customer_id

    where
        unsettled.customer_id is null
        and order_days.voided_on = {{ segmentation.end_of_time() }}

),

settled_gaps as (

    select
        customer_id,
        gap_number,
        {{ segmentation.days_between('activity_on', 'next_activity_on') }}
            as gap_days,
        next_activity_on as known_on,
        coalesce(second_activity_on, {{ segmentation.end_of_time() }}) as outdated_on

    from settled_days

    where next_activity_on is not null

),

last_gaps as (

    -- the newest gap that each snapshot knows
    select
        snapshots.as_of_date,
        settled_gaps.customer_id,
        settled_gaps.gap_number as n_gaps

    from snapshots

    inner join settled_gaps
        on
            snapshots.as_of_date >= settled_gaps.known_on
            and snapshots.as_of_date < settled_gaps.outdated_on

),

gap_counts as (

    -- snapshots between two orders know the same gaps: one median for all of them
    select distinct
        customer_id,
        n_gaps

    from last_gaps

),

settled_medians as (

    select
        gap_counts.customer_id,
        gap_counts.n_gaps,
        percentile_cont(0.5) within group (order by settled_gaps.gap_days)
            as median_gap_days

    from gap_counts

    inner join settled_gaps
        on
            gap_counts.customer_id = settled_gaps.customer_id
            and gap_counts.n_gaps >= settled_gaps.gap_number

    group by
        gap_counts.customer_id,
        gap_counts.n_gaps

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

unsettled_gaps as (

    select
        as_of_date,
        customer_id,
        {{ segmentation.days_between('activity_on', 'next_activity_on') }}
            as gap_days

    from unsettled_days

    where next_activity_on is not null

)

select
    last_gaps.as_of_date,
    last_gaps.customer_id,
    cast(settled_medians.median_gap_days as {{ segmentation.type_double() }})
        as median_gap_days

from last_gaps

inner join settled_medians
    on
        last_gaps.customer_id = settled_medians.customer_id
        and last_gaps.n_gaps = settled_medians.n_gaps

union all

select
    as_of_date,
    customer_id,
    cast(
        percentile_cont(0.5) within group (order by gap_days)
        as {{ segmentation.type_double() }}
    ) as median_gap_days

from unsettled_gaps

group by
    as_of_date,
    customer_id
