-- One row per line of an order, as often as it was landed: of what kind it is, and what
-- the discounts, taxes and refunds of it add up to.
{{ config(
    enabled=segmentation.is_staged_as('shopify'),
    materialized='table'
) }}
{% set money = segmentation.type_money() %}
with

lines as (

    select * from {{ segmentation.ref_base('order_lines') }}

),

line_discounts as (

    select * from {{ segmentation.ref_base('line_discounts') }}

),

line_taxes as (

    select * from {{ segmentation.ref_base('line_taxes') }}

),

refund_lines as (

    select * from {{ segmentation.ref_base('refund_lines') }}

),

discounts as (

    select
        order_line_id,
        sum(amount) as allocated_amount

    from line_discounts

    group by order_line_id

),

taxes as (

    select
        order_line_id,
        sum(amount) as tax_amount

    from line_taxes

    group by order_line_id

),

refunds as (

    select
        order_line_id,
        sum(quantity) as refunded_quantity

    from refund_lines

    group by order_line_id

),

counted as (

    select
        lines.*,
        discounts.allocated_amount,
        discounts.order_line_id is not null as is_allocated,
        taxes.tax_amount,
        -- pieces that an edit of the order took out, and that no refund tells of
        case
            when
                lines.quantity - lines.current_quantity
                > coalesce(refunds.refunded_quantity, 0)
                then
                    lines.quantity - lines.current_quantity
                    - coalesce(refunds.refunded_quantity, 0)
            else 0
        end as removed_quantity

    from lines

    left join discounts
        on lines.order_line_id = discounts.order_line_id

    left join taxes
        on lines.order_line_id = taxes.order_line_id

    left join refunds
        on lines.order_line_id = refunds.order_line_id

)

select
    -- ids
    order_line_id,
    order_id,
    product_id,
    variant_id,

    -- strings
    case
        when is_gift_card then 'gift_card'
        when tip_gateway is not null then 'tip'
        when product_id is null and lower(title) = 'tip' then 'tip'
        else 'product'
    end as line_type,

    -- numerics
    quantity,
    removed_quantity,
    coalesce(
        unit_price,
        cast(
            round(
                cast(total_price as {{ segmentation.type_money_wide() }})
                / nullif(quantity, 0),
                4
            ) as {{ money }}
        )
    ) as unit_price,
    cast(allocated_amount as {{ money }}) as allocated_amount,
    total_discount,
    cast(tax_amount as {{ money }}) as tax_amount,

    -- booleans
    is_allocated

from counted
