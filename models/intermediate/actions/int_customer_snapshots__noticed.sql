-- One row per customer and snapshot: the last absence, and the next birthday, that may
-- call for an action. What is out of the ordinary is in int_customer_alerts__raised.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set birthday = segmentation.add_to_moment(
    'year',
    'extract(year from orders.as_of_date) - extract(year from customers.birth_date)',
    'customers.birth_date'
) %}
with

orders as (

    select * from {{ ref('int_customer_snapshots__ordered') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

order_days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

known_order_days as (

    -- one row of those that stand counts for its day
    select
        snapshots.as_of_date,
        order_days.customer_id,
        order_days.activity_on

    from snapshots

    inner join order_days
        on
            snapshots.as_of_date >= order_days.activity_on
            and snapshots.as_of_date < order_days.voided_on

    where
        order_days.n_orders > 0
        and coalesce(order_days.same_day_voided_on <= snapshots.as_of_date, true)

),

earlier_orders as (

    select
        orders.as_of_date,
        orders.customer_id,
        max(known_order_days.activity_on) as second_last_ordered_on

    from orders

    inner join known_order_days
        on
            orders.as_of_date = known_order_days.as_of_date
            and orders.customer_id = known_order_days.customer_id
            and orders.last_ordered_on > known_order_days.activity_on

    group by
        orders.as_of_date,
        orders.customer_id

),

birthdays as (

    select
        orders.as_of_date,
        orders.customer_id,
        cast({{ birthday }} as date) as birthday_on

    from orders

    inner join customers
        on orders.customer_id = customers.customer_id

    where customers.birth_date is not null

)

select
    orders.as_of_date,
    orders.customer_id,
    {{ segmentation.days_between(
        'earlier_orders.second_last_ordered_on', 'orders.last_ordered_on'
    ) }} as previous_gap_days,
    -- the next one, today's included
    case
        when birthdays.birthday_on >= orders.as_of_date then birthdays.birthday_on
        else cast({{ segmentation.add_to_moment(
            'year', 1, 'birthdays.birthday_on'
        ) }} as date)
    end as next_birthday_on

from orders

left join earlier_orders
    on
        orders.as_of_date = earlier_orders.as_of_date
        and orders.customer_id = earlier_orders.customer_id

left join birthdays
    on
        orders.as_of_date = birthdays.as_of_date
        and orders.customer_id = birthdays.customer_id
