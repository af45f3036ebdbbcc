-- One row per customer and snapshot with a purchase of known category: the one that
-- most was spent on, and how many there were.
{{ config(
    enabled=segmentation.connector() != 'customer_summary',
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

    select * from {{ ref('int_customer_days__categories') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

first_snapshot as (

    select min(as_of_date) as as_of_date
    from snapshots

),

sorted_days as (

    select
        days.*,
        case
            when
                days.activity_on <= first_snapshot.as_of_date
                and days.voided_on = {{ segmentation.end_of_time() }}
                then 1
            else 0
        end as is_in_all_snapshots

    from days

    cross join first_snapshot

),

condensed as (

    -- what all of these snapshots see alike is one row per category, not one per day
    select
        customer_id,
        category,
        max(activity_on) as activity_on,
        max(voided_on) as voided_on,
        cast(sum(category_amount) as {{ segmentation.type_money() }}) as category_amount

    from sorted_days

    where is_in_all_snapshots = 1

    group by
        customer_id,
        category

    union all

    select
        customer_id,
        category,
        activity_on,
        voided_on,
        category_amount

    from sorted_days

    where is_in_all_snapshots = 0

),

spent as (

    select
        snapshots.as_of_date,
        condensed.customer_id,
        condensed.category,
        cast(sum(condensed.category_amount) as {{ segmentation.type_money() }})
            as category_amount

    from snapshots

    inner join condensed
        on
            snapshots.as_of_date >= condensed.activity_on
            and snapshots.as_of_date < condensed.voided_on

    group by
        snapshots.as_of_date,
        condensed.customer_id,
        condensed.category

),

totals as (

    select
        as_of_date,
        customer_id,
        max(category_amount) as top_amount,
        sum(category_amount) as total_amount,
        count(*) as n_categories

    from spent

    group by
        as_of_date,
        customer_id

)

select
    totals.as_of_date,
    totals.customer_id,
    -- of two that were spent alike on, the first by name
    min(spent.category) as top_category,
    cast(max(totals.top_amount) as {{ segmentation.type_double() }})
    / nullif(cast(max(totals.total_amount) as {{ segmentation.type_double() }}), 0)
        as top_category_share,
    max(totals.n_categories) as n_categories

from totals

inner join spent
    on
        totals.as_of_date = spent.as_of_date
        and totals.customer_id = spent.customer_id
        and totals.top_amount = spent.category_amount

group by
    totals.as_of_date,
    totals.customer_id
