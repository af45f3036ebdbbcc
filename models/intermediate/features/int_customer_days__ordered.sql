-- One row per customer, day and day on which what happened was voided: what was ordered
-- and what was given back that day. A feature at the end of day T counts the rows with
-- activity_on <= T < voided_on.
with

orders as (

    select * from {{ ref('int_orders__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

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

    from returns

),

unioned as (

    select * from ordered
    union all
    select * from returned

),

summed as (

    select
        customer_id,
        activity_on,
        voided_on,
        cast(sum(n_orders) as {{ dbt.type_bigint() }}) as n_orders,
        cast(sum(n_lines) as {{ dbt.type_bigint() }}) as n_lines,
        cast(sum(gross_amount) as {{ segmentation.type_money() }}) as gross_amount,
        cast(sum(markdown_amount) as {{ segmentation.type_money() }})
            as markdown_amount,
        cast(sum(discount_amount) as {{ segmentation.type_money() }})
            as discount_amount,
        cast(sum(returned_amount) as {{ segmentation.type_money() }})
            as returned_amount,
        cast(sum(n_coupon_orders) as {{ dbt.type_bigint() }}) as n_coupon_orders

    from unioned

    -- what was voided on the day it happened was never seen at the end of any day
    where activity_on < voided_on

    group by
        customer_id,
        activity_on,
        voided_on

),

dated as (

    select
        *,
        case when n_orders > 0 then voided_on end as order_voided_on,
        floor(
            {{ segmentation.days_between(
                "cast('1970-01-05' as date)", 'activity_on'
            ) }} / 7.0
        ) as week_number

    from summed

)

select
    customer_id,
    activity_on,
    voided_on,
    n_orders,
    n_lines,
    gross_amount,
    markdown_amount,
    discount_amount,
    returned_amount,
    n_coupon_orders,
    -- rows before this one of the same day, or week: at any moment one of those that
    -- stand comes after none that stands, so that days and weeks are counted by a sum
    max(order_voided_on) over (
        partition by customer_id, activity_on
        order by voided_on desc
        rows between unbounded preceding and 1 preceding
    ) as same_day_voided_on,
    max(order_voided_on) over (
        partition by customer_id, week_number
        order by activity_on asc, voided_on desc
        rows between unbounded preceding and 1 preceding
    ) as same_week_voided_on

from dated
