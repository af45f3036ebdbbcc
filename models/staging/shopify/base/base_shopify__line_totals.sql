-- One row per line of an order, as often as it was landed: of what kind it is, and what
-- the discounts, taxes and refunds of it add up to.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
{% set money = segmentation.type_money() %}
with

lines as (

    select * from {{ segmentation.ref_base('order_lines') }}

),

sums as (

    select * from {{ ref('base_shopify__line_sums') }}

),

counted as (

    select
        lines.*,
        sums.allocated_amount,
        sums.tax_amount,
        coalesce(sums.is_allocated, false) as is_allocated,
        -- pieces that an edit of the order took out, and that no refund tells of
        case
            when
                lines.quantity - lines.current_quantity
                > coalesce(sums.refunded_quantity, 0)
                then
                    lines.quantity - lines.current_quantity
                    - coalesce(sums.refunded_quantity, 0)
            else 0
        end as removed_quantity

    from lines

    left join sums
        on lines.order_line_id = sums.order_line_id

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
    allocated_amount,
    total_discount,
    tax_amount,

    -- booleans
    is_allocated

from counted
