-- One row per service ticket of the demo shop: one order in thirty, half of them
-- complaints. Nine in ten are closed within 20 days, the others never.
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
        {{ segmentation.demo_digest("'ticket|' || order_id") }} as digest

    from orders

)

select
    'T' || substr(order_id, 2) as ticket_id,
    customer_id,
    {{ segmentation.demo_timestamp('order_day + 4') }} as opened_at,
    case
        when
            {{ segmentation.hash_unit('digest', 2) }} < 0.9
            and order_day + 4 + 20 * {{ segmentation.hash_unit('digest', 3) }}
            < {{ segmentation.demo_end_day() }}
            then
                {{ segmentation.demo_timestamp(
                    'order_day + 4 + 20 * ' ~ segmentation.hash_unit('digest', 3)
                ) }}
    end as closed_at,
    {{ segmentation.hash_unit('digest', 1) }} < 0.5 as is_complaint

from drawn

where
    {{ segmentation.hash_unit('digest', 0) }} < 0.033
    and order_day + 4 < {{ segmentation.demo_end_day() }}
