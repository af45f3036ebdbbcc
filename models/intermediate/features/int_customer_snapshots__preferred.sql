-- One row per customer and snapshot with a purchase of known category: the one that
-- most was spent on, and how many there were.
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

    select * from {{ ref('int_customer_days__categories') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

spent as (

    select
        snapshots.as_of_date,
        days.customer_id,
        days.category,
        sum(days.category_amount) as category_amount

    from snapshots

    inner join days
        on
            snapshots.as_of_date >= days.activity_on
            and snapshots.as_of_date < days.voided_on

    group by
        snapshots.as_of_date,
        days.customer_id,
        days.category

),

ranked as (

    select
        as_of_date,
        customer_id,
        category,
        category_amount,
        row_number() over (
            partition by as_of_date, customer_id
            order by category_amount desc, category asc
        ) as preference

    from spent

)

select
    as_of_date,
    customer_id,
    max(case when preference = 1 then category end) as top_category,
    cast(
        max(case when preference = 1 then category_amount end)
        as {{ segmentation.type_double() }}
    ) / nullif(cast(sum(category_amount) as {{ segmentation.type_double() }}), 0)
        as top_category_share,
    count(*) as n_categories

from ranked

group by
    as_of_date,
    customer_id
