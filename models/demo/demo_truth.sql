-- One row per customer of the demo shop: what was planted. Only tests may read it.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set end_day = segmentation.demo_end_day() %}
with

processes as (

    select * from {{ ref('demo_customer_processes') }}

)

select
    customer_id,
    persona,
    orders_per_day,
    mean_basket_amount,
    discount_probability,
    return_probability,
    visits_per_month,
    lifetime_days,
    {{ end_day }} - signup_day as days_since_signup,
    signup_day + lifetime_days >= {{ end_day }} as is_alive

from processes

where signup_day < {{ end_day }}
