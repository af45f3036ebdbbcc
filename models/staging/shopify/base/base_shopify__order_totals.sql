-- One row per order: what its lines, shipping and codes add up to, and which of them
-- tell its discounts. Shopify tells a discount up to three times: shared out among the
-- lines (allocations), on the lines that it was given on, and on the order.
{{ config(
    enabled=segmentation.is_staged_as('shopify'),
    materialized='table'
) }}
{% set money = segmentation.type_money() %}
with

orders as (

    select * from {{ segmentation.ref_base('orders') }}

),

lines as (

    select * from {{ ref('base_shopify__line_totals') }}

),

shipping_lines as (

    select * from {{ segmentation.ref_base('shipping_lines') }}
    where not coalesce(is_removed, false)

),

shipping_taxes as (

    select * from {{ segmentation.ref_base('shipping_taxes') }}

),

discount_codes as (

    select * from {{ segmentation.ref_base('discount_codes') }}

),

order_lines as (

    select
        order_id,
        count(*) as n_lines,
        sum(case when line_type = 'product' then 1 else 0 end) as n_goods,
        max(case when is_allocated then 1 else 0 end) = 1 as is_allocated,
        sum(total_discount) as line_discount_amount

    from lines

    group by order_id

),

taxes_of_lines as (

    select
        shipping_line_id,
        sum(amount) as tax_amount

    from shipping_taxes

    group by shipping_line_id

),

shipping as (

    select
        shipping_lines.order_id,
        sum(coalesce(shipping_lines.discounted_price, shipping_lines.price))
            as shipping_amount,
        sum(shipping_lines.price - shipping_lines.discounted_price)
            as shipping_discount_amount,
        sum(taxes_of_lines.tax_amount) as shipping_tax_amount

    from shipping_lines

    left join taxes_of_lines
        on shipping_lines.shipping_line_id = taxes_of_lines.shipping_line_id

    group by shipping_lines.order_id

),

numbered_codes as (

    select
        order_id,
        code,
        row_number() over (
            partition by order_id
            order by code_index asc nulls last, code asc
        ) as code_number

    from discount_codes

),

joined as (

    select
        orders.order_id,
        numbered_codes.code as coupon_code,
        coalesce(order_lines.n_lines, 0) as n_lines,
        coalesce(order_lines.n_goods, 0) as n_goods,
        coalesce(order_lines.is_allocated, false) as is_allocated,
        order_lines.line_discount_amount,
        coalesce(shipping.shipping_amount, orders.total_shipping_price)
            as shipping_amount,
        orders.total_tax - coalesce(shipping.shipping_tax_amount, 0) as tax_amount,
        orders.total_discounts - coalesce(shipping.shipping_discount_amount, 0)
            as discount_amount

    from orders

    left join order_lines
        on orders.order_id = order_lines.order_id

    left join shipping
        on orders.order_id = shipping.order_id

    left join numbered_codes
        on
            orders.order_id = numbered_codes.order_id
            and numbered_codes.code_number = 1

),

read as (

    select
        *,
        case
            when is_allocated then 'allocations'
            -- each line may be rounded to the cent
            when
                line_discount_amount > 0
                and (
                    discount_amount is null
                    or abs(discount_amount - line_discount_amount) <= 0.01 * n_lines
                )
                then 'lines'
            else 'order'
        end as discount_reading,
        row_number() over (
            partition by order_id
            order by
                discount_amount asc nulls last,
                shipping_amount asc nulls last,
                tax_amount asc nulls last
        ) as copy_number

    from joined

)

select
    -- ids
    order_id,

    -- strings
    coupon_code,
    discount_reading,

    -- numerics
    cast(shipping_amount as {{ money }}) as shipping_amount,
    cast(case when tax_amount > 0 then tax_amount else 0 end as {{ money }})
        as tax_amount,
    cast(
        case
            when discount_reading = 'order' and discount_amount > 0
                then discount_amount
        end as {{ money }}
    ) as discount_amount,

    -- booleans
    -- gift cards and tips alone
    n_lines > 0 and n_goods = 0 as is_without_goods

from read

where copy_number = 1
