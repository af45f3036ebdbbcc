-- One row per customer, day and day on which what happened was voided: what was ordered
-- and what was given back that day. A feature at the end of day T counts the rows with
-- activity_on <= T < voided_on.
with

orders as (

    select * from {{ ref('int_orders__priced') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

ordered as (

    select
        customer_id,
        ordered_on as activity_on,
        voided_on,
        1 as n_orders,
        n_lines,
        gross_amount,
        markdown_amount,
        discount_amount,
        0 as returned_amount,
        case when has_coupon then 1 else 0 end as n_coupon_orders

    from orders

    where treatment != 'refund'

),

returned as (

    select
        customer_id,
        returned_on as activity_on,
        voided_on,
        0 as n_orders,
        0 as n_lines,
        0 as gross_amount,
        0 as markdown_amount,
        0 as discount_amount,
        returned_amount,
        0 as n_coupon_orders

    from lines

    where returned_amount > 0

),

unioned as (

    select * from ordered
    union all
    select * from returned

)

select
    customer_id,
    activity_on,
    voided_on,
    cast(sum(n_orders) as {{ dbt.type_bigint() }}) as n_orders,
    cast(sum(n_lines) as {{ dbt.type_bigint() }}) as n_lines,
    cast(sum(gross_amount) as {{ segmentation.type_money() }}) as gross_amount,
    cast(sum(markdown_amount) as {{ segmentation.type_money() }}) as markdown_amount,
    cast(sum(discount_amount) as {{ segmentation.type_money() }}) as discount_amount,
    cast(sum(returned_amount) as {{ segmentation.type_money() }}) as returned_amount,
    cast(sum(n_coupon_orders) as {{ dbt.type_bigint() }}) as n_coupon_orders

from unioned

-- what was voided on the day it happened was never seen at the end of any day
where activity_on < voided_on

group by
    customer_id,
    activity_on,
    voided_on
