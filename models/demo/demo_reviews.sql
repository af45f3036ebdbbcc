-- One row per product review of the demo shop: one order in ten, from one to five
-- stars.
{{ config(enabled=segmentation.connector() == 'demo') }}
with

orders as (

    select * from {{ ref('demo_order_processes') }}

),

drawn as (

    select
        order_id,
        customer_id,
        order_day,
        {{ segmentation.demo_digest("'review|' || order_id") }} as digest

    from orders

)

select
    'R' || substr(order_id, 2) as review_id,
    customer_id,
    cast(
        least(5, 2 + floor(5 * {{ segmentation.hash_unit('digest', 1) }}))
        as {{ dbt.type_int() }}
    ) as rating,
    {{ segmentation.demo_timestamp('order_day + 12') }} as reviewed_at

from drawn

where
    {{ segmentation.hash_unit('digest', 0) }} < 0.1
    and order_day + 12 < {{ segmentation.demo_end_day() }}
