-- One row per order, as often as it was landed: what its shipping and codes add up to,
-- and which of its discounts and taxes no line tells.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
{% set money = segmentation.type_money() %}
with

orders as (

    select * from {{ segmentation.ref_base('orders') }}

),

readings as (

    select * from {{ ref('base_shopify__order_readings') }}

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
        orders.*,
        numbered_codes.code as coupon_code,
        coalesce(readings.discount_reading, 'order') as discount_reading,
        coalesce(readings.is_without_goods, false) as is_without_goods,
        coalesce(shipping.shipping_amount, orders.total_shipping_price)
            as shipping_amount,
        orders.total_tax - coalesce(shipping.shipping_tax_amount, 0) as tax_amount,
        orders.total_discounts - coalesce(shipping.shipping_discount_amount, 0)
            as discount_amount

    from orders

    left join readings
        on orders.order_id = readings.order_id

    left join shipping
        on orders.order_id = shipping.order_id

    left join numbered_codes
        on
            orders.order_id = numbered_codes.order_id
            and numbered_codes.code_number = 1

)

select
    -- ids
    order_id,
    customer_id,

    -- strings
    email,
    financial_status,
    currency,
    source_name,
    coupon_code,

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
    has_tax_in_prices,
    is_test,
    is_deleted,
    is_without_goods,

    -- timestamps
    processed_at,
    created_at,
    updated_at,
    cancelled_at

from joined
