{#- Rest of a model after its common table expressions `orders` and `returns`: one row per
    customer, day and day on which what happened was voided.

    `orders` has customer_id, ordered_on, voided_on, treatment, n_lines, gross_amount,
    markdown_amount, discount_amount, has_coupon; `returns` has customer_id, returned_on,
    voided_on, returned_amount. A feature at the end of day T counts the rows with
    activity_on <= T < voided_on. Every sum must be one that rows of the same day can be
    added up by: an order voided on another day than its neighbour is in a row of its
    own, and before that day both count. -#}
{% macro customer_days() %}
{% set money = segmentation.type_money() %}
{% set bigint = dbt.type_bigint() %}
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
        case when has_coupon then 1 else 0 end as n_coupon_orders,
        power(
            cast(gross_amount - discount_amount as {{ segmentation.type_double() }}), 2
        ) as squared_order_amount

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
        0 as n_coupon_orders,
        0 as squared_order_amount

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
        cast(sum(n_orders) as {{ bigint }}) as n_orders,
        cast(sum(n_lines) as {{ bigint }}) as n_lines,
        cast(sum(gross_amount) as {{ money }}) as gross_amount,
        cast(sum(markdown_amount) as {{ money }}) as markdown_amount,
        cast(sum(discount_amount) as {{ money }}) as discount_amount,
        cast(sum(returned_amount) as {{ money }}) as returned_amount,
        cast(sum(n_coupon_orders) as {{ bigint }}) as n_coupon_orders,
        sum(squared_order_amount) as squared_order_amount

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
            ) }} / 7.0e0
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
    squared_order_amount,
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
{% endmacro %}
