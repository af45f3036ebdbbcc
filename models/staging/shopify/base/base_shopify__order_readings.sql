-- One row per order whose discounts are told by its lines, or that holds no goods: how
-- its discounts are read. Shopify tells a discount up to three times: shared out among
-- the lines (allocations), on the lines that it was given on, and on the order.
{{ config(
    enabled=segmentation.is_staged_as('shopify'),
    materialized='table'
) }}
with

lines as (

    select * from {{ ref('base_shopify__line_totals') }}

),

orders as (

    select * from {{ segmentation.ref_base('orders') }}

),

shipping_lines as (

    select * from {{ segmentation.ref_base('shipping_lines') }}
    where not coalesce(is_removed, false)

),

order_lines as (

    select
        order_id,
        count(*) as n_lines,
        max(case when line_type = 'product' then 1 else 0 end) = 1 as has_goods,
        max(case when is_allocated then 1 else 0 end) = 1 as is_allocated,
        sum(total_discount) as line_discount_amount

    from lines

    where order_id is not null

    group by order_id

),

in_question as (

    -- lines that have discounts, of which none are shared out
    select
        order_id,
        n_lines,
        line_discount_amount

    from order_lines

    where line_discount_amount > 0 and not is_allocated

),

order_discounts as (

    -- the least, of an order that was landed twice
    select
        in_question.order_id,
        min(orders.total_discounts) as total_discounts

    from in_question

    inner join orders
        on in_question.order_id = orders.order_id

    group by in_question.order_id

),

shipping_discounts as (

    select
        in_question.order_id,
        sum(shipping_lines.price - shipping_lines.discounted_price)
            as shipping_discount_amount

    from in_question

    inner join shipping_lines
        on in_question.order_id = shipping_lines.order_id

    group by in_question.order_id

),

told_by_lines as (

    select
        in_question.order_id,
        -- each line may be rounded to the cent
        order_discounts.total_discounts is null
        or 100 * abs(
            order_discounts.total_discounts
            - coalesce(shipping_discounts.shipping_discount_amount, 0)
            - in_question.line_discount_amount
        ) <= in_question.n_lines as is_told_by_lines

    from in_question

    left join order_discounts
        on in_question.order_id = order_discounts.order_id

    left join shipping_discounts
        on in_question.order_id = shipping_discounts.order_id

)

select
    -- ids
    order_lines.order_id,

    -- strings
    case
        when order_lines.is_allocated then 'allocations'
        when told_by_lines.is_told_by_lines then 'lines'
        else 'order'
    end as discount_reading,

    -- booleans
    -- gift cards and tips alone
    not order_lines.has_goods as is_without_goods

from order_lines

left join told_by_lines
    on order_lines.order_id = told_by_lines.order_id

where
    order_lines.is_allocated
    or told_by_lines.is_told_by_lines
    or not order_lines.has_goods
