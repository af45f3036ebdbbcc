-- One row per order and discount on it, of orders that have a discount on their lines
-- too: whether the two tell of the same money.
{{ config(post_hook="{{ segmentation.check_order_discounts() }}") }}
{% set reading = var('segmentation_order_discounts') %}
with

orders as (

    select * from {{ ref('int_orders__united') }}

),

order_lines as (

    select * from {{ ref('int_order_lines__united') }}

),

signs as (

    select * from {{ ref('int_money_signs__found') }}

),

order_discounts as (

    select distinct
        orders.order_id,
        orders.discount_amount,
        orders.discount_amount * signs.lowering_sign as order_discount_amount

    from orders

    inner join signs
        on signs.input_column_id = 'orders.discount_amount'

    where
        orders.discount_amount * signs.lowering_sign > 0
        and not {{ segmentation.is_out_of_range(
            'orders', 'discount_amount', 'orders.discount_amount'
        ) }}

),

distinct_lines as (

    -- a line that came twice is one line
    select
        order_lines.order_id,
        order_lines.order_line_id,
        max(order_lines.discount_amount * signs.lowering_sign) as discount_amount

    from order_lines

    inner join signs
        on signs.input_column_id = 'order_lines.discount_amount'

    where
        order_lines.discount_amount * signs.lowering_sign > 0
        and not {{ segmentation.is_out_of_range(
            'order_lines', 'discount_amount', 'order_lines.discount_amount'
        ) }}
        and order_lines.quantity > 0
        and order_lines.unit_price >= 0

    group by
        order_lines.order_id,
        order_lines.order_line_id

),

line_discounts as (

    select
        order_id,
        count(*) as n_lines,
        sum(discount_amount) as summed_discount_amount

    from distinct_lines

    group by order_id

),

compared as (

    -- each line may be rounded to the cent
    select
        order_discounts.order_id,
        order_discounts.discount_amount,
        order_discounts.order_discount_amount,
        line_discounts.summed_discount_amount,
        100 * abs(
            order_discounts.order_discount_amount
            - line_discounts.summed_discount_amount
        ) <= line_discounts.n_lines as is_told_twice

    from order_discounts

    inner join line_discounts
        on order_discounts.order_id = line_discounts.order_id

)

select
    -- ids
    order_id,

    -- numerics
    discount_amount,
    cast(order_discount_amount as {{ segmentation.type_money() }})
        as order_discount_amount,
    cast(summed_discount_amount as {{ segmentation.type_money_wide() }})
        as summed_discount_amount,
    -- what the order's discount adds to those of its lines
    cast(
        {% if reading == 'additional' %}
            order_discount_amount
        {% elif reading == 'included' %}
            greatest(order_discount_amount - summed_discount_amount, 0)
        {% else %}
            0
        {% endif %}
        as {{ segmentation.type_money() }}
    ) as additional_discount_amount,

    -- booleans
    is_told_twice,
    {{ 'not is_told_twice' if reading == 'auto' else 'false' }} as is_contradictory

from compared
