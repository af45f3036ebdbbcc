-- One row per order as the demo shop's system exports it, dirt included: guests, typing
-- errors in the year, unknown statuses and currencies, and rows exported twice.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set end_day = segmentation.demo_end_day() %}
with

orders as (

    select * from {{ ref('demo_order_processes') }}

),

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

drawn as (

    select
        orders.order_id,
        orders.customer_id,
        orders.order_day,
        processes.discount_probability,
        {{ segmentation.hash_unit('orders.digest', 2) }} as coupon_draw,
        {{ segmentation.hash_unit('orders.digest', 3) }} as channel_draw,
        {{ segmentation.hash_unit('orders.dirt_digest', 0) }} as dirt_draw,
        {{ segmentation.hash_unit('orders.dirt_digest', 1) }} as cancel_draw,
        {{ segmentation.hash_unit('orders.dirt_digest', 2) }} as copy_draw,
        {{ segmentation.hash_unit(segmentation.demo_digest(
            "'currency|' || orders.customer_id"
        )) }}
            as currency_draw

    from orders

    inner join processes
        on orders.customer_id = processes.customer_id

),

exported as (

    select
        order_id,
        case when dirt_draw >= 0.01 then customer_id end as customer_id,
        case
            when dirt_draw >= 0.0100 and dirt_draw < 0.0103
                then {{ segmentation.demo_timestamp('order_day + 27394') }}
            else {{ segmentation.demo_timestamp('order_day') }}
        end as ordered_at,
        case
            when dirt_draw >= 0.0110 and dirt_draw < 0.0115 then 'mystery'
            when
                cancel_draw < 0.02 and order_day + 1 + 100 * cancel_draw < {{ end_day }}
                then 'Cancelled'
            else 'complete'
        end as status,
        case
            when dirt_draw >= 0.0120 and dirt_draw < 0.0125 then 'XXX'
            when currency_draw < 0.1 then 'EUR'
            else 'USD'
        end as currency,
        case when channel_draw < 0.7 then 4.90 else 0.00 end as shipping_amount,
        0.00 as tax_amount,
        -- one order in ten of those with a coupon has a voucher on the whole order
        case when coupon_draw < 0.1e0 * discount_probability then 5.00 else 0.00 end
            as discount_amount,
        case when coupon_draw < discount_probability then 'SAVE' end as coupon_code,
        case
            when channel_draw < 0.55 then 'web'
            when channel_draw < 0.85 then 'app'
            else 'store'
        end as channel,
        case
            when
                cancel_draw < 0.02 and order_day + 1 + 100 * cancel_draw < {{ end_day }}
                then {{ segmentation.demo_timestamp(
                    'order_day + 1 + 100 * cancel_draw'
                ) }}
        end as cancelled_at,
        copy_draw

    from drawn

),

copies as (

    select * from exported
    union all
    select * from exported
    where copy_draw < 0.003

)

select
    order_id,
    customer_id,
    ordered_at,
    status,
    currency,
    shipping_amount,
    tax_amount,
    discount_amount,
    coupon_code,
    channel,
    cancelled_at

from copies
