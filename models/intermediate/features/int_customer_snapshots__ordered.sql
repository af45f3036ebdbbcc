-- One row per customer and snapshot: counts and sums of orders up to the end of the
-- day.
{{ config(
    enabled=segmentation.connector() != 'customer_summary',
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set windows = [30, 60, 90, 180, 365] %}
{% set days_ago = segmentation.days_between(
    'days.activity_on', 'snapshots.as_of_date'
) %}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

visible as (

    -- nothing that happened after the snapshot's day, nothing voided by its end
    select
        snapshots.as_of_date,
        days.customer_id,
        days.activity_on,
        {{ days_ago }} as days_ago,
        days.n_orders,
        days.gross_amount,
        days.markdown_amount,
        days.discount_amount,
        days.returned_amount,
        days.n_coupon_orders,
        days.squared_order_amount,
        days.gross_amount - days.discount_amount - days.returned_amount as net_amount

    from snapshots

    inner join days
        on
            snapshots.as_of_date >= days.activity_on
            and snapshots.as_of_date < days.voided_on

),

aggregated as (

    select
        as_of_date,
        customer_id,
        min(case when n_orders > 0 then activity_on end) as first_ordered_on,
        max(case when n_orders > 0 then activity_on end) as last_ordered_on,
        sum(n_orders) as n_orders,
        sum(n_coupon_orders) as n_coupon_orders,
        sum(gross_amount) as gross_amount,
        sum(markdown_amount) as markdown_amount,
        sum(discount_amount) as discount_amount,
        sum(returned_amount) as returned_amount,
        {% for window in windows %}
            sum(case when days_ago < {{ window }} then n_orders else 0 end)
                as n_orders_{{ window }}d,
            sum(case when days_ago < {{ window }} then net_amount else 0 end)
                as net_amount_{{ window }}d,
        {% endfor %}
        sum(squared_order_amount) as squared_order_amount

    from visible

    group by
        as_of_date,
        customer_id

),

known as (

    select
        snapshots.as_of_date,
        customers.customer_id,
        customers.known_on

    from snapshots

    inner join customers
        on snapshots.as_of_date >= customers.known_on

)

select
    known.as_of_date,
    known.customer_id,
    known.known_on,
    aggregated.first_ordered_on,
    aggregated.last_ordered_on,
    cast(coalesce(aggregated.n_orders, 0) as {{ dbt.type_bigint() }}) as n_orders,
    cast(coalesce(aggregated.n_coupon_orders, 0) as {{ dbt.type_bigint() }})
        as n_coupon_orders,
    {% for amount in ['gross', 'markdown', 'discount', 'returned'] %}
        cast(
            coalesce(aggregated.{{ amount }}_amount, 0)
            as {{ segmentation.type_money() }}
        ) as {{ amount }}_amount,
    {% endfor %}
    cast(
        coalesce(
            aggregated.gross_amount
            - aggregated.discount_amount
            - aggregated.returned_amount,
            0
        ) as {{ segmentation.type_money() }}
    ) as net_amount,
    {% for window in windows %}
        cast(coalesce(aggregated.n_orders_{{ window }}d, 0) as {{ dbt.type_bigint() }})
            as n_orders_{{ window }}d,
        cast(
            coalesce(aggregated.net_amount_{{ window }}d, 0)
            as {{ segmentation.type_money() }}
        ) as net_amount_{{ window }}d,
    {% endfor %}
    aggregated.squared_order_amount

from known

left join aggregated
    on
        known.as_of_date = aggregated.as_of_date
        and known.customer_id = aggregated.customer_id
