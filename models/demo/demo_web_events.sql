-- One row per web event of the demo shop: visits that look, sometimes fill a cart, and
-- the session of each order made on the web.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set end_day = segmentation.demo_end_day() %}
with

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

orders as (

    select * from {{ ref('demo_order_processes') }}

),

numbers as (

    select * from {{ ref('demo_numbers') }}

),

visits as (

    -- interest outlives the last order by two months
    select
        processes.customer_id,
        cast(numbers.number as {{ dbt.type_string() }}) as visit,
        processes.signup_day,
        least(processes.lifetime_days + 60, 1096) as interested_days,
        {{ segmentation.demo_digest(
            "'visit|' || processes.customer_id || '|' || cast(numbers.number as "
            ~ dbt.type_string() ~ ")"
        ) }} as digest

    from processes

    inner join numbers
        on
            numbers.number
            < processes.visits_per_month
            * least(processes.lifetime_days + 60, 1096) / 30.4e0

    where numbers.number < 120

),

visit_draws as (

    select
        customer_id,
        'V' || substr(customer_id, 2) || '-' || visit as session_id,
        signup_day + interested_days * {{ segmentation.hash_unit('digest', 0) }}
            as event_day,
        {{ segmentation.hash_unit('digest', 1) }} as cart_draw,
        floor(240 * {{ segmentation.hash_unit('digest', 2) }}) as product_number

    from visits

),

order_sessions as (

    select
        customer_id,
        'S' || substr(order_id, 2) as session_id,
        order_day as event_day,
        floor(240 * {{ segmentation.hash_unit('dirt_digest', 2) }}) as product_number

    from orders

    where {{ segmentation.hash_unit('digest', 3) }} < 0.85

),

events as (

    select
        customer_id,
        session_id,
        'view' as event_type,
        event_day,
        product_number
    from visit_draws

    union all

    select
        customer_id,
        session_id,
        'cart' as event_type,
        event_day + 0.002 as event_day,
        product_number
    from visit_draws
    where cart_draw < 0.15

    union all

    select
        customer_id,
        session_id,
        'view' as event_type,
        event_day - 0.006 as event_day,
        product_number
    from order_sessions

    union all

    select
        customer_id,
        session_id,
        'cart' as event_type,
        event_day - 0.003 as event_day,
        product_number
    from order_sessions

    union all

    select
        customer_id,
        session_id,
        'purchase' as event_type,
        event_day,
        product_number
    from order_sessions

)

select
    session_id || '-' || substr(event_type, 1, 1) as web_event_id,
    customer_id,
    session_id,
    {{ segmentation.demo_timestamp('event_day') }} as occurred_at,
    event_type,
    'P' || lpad(
        cast(cast(product_number as {{ dbt.type_int() }}) as {{ dbt.type_string() }}),
        4,
        '0'
    ) as product_id

from events

where event_day < {{ end_day }}
