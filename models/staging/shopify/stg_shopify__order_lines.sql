-- One row per line of an order of Shopify, without the pieces that an edit took out of
-- it. A discount is told by the lines or by the order, never by both. The compare-at
-- price of a variant is today's, and so no price of the past.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
{% set money = segmentation.type_money() %}
{% set string = dbt.type_string() %}
with

lines as (

    select * from {{ ref('base_shopify__line_totals') }}

),

told_by_lines as (

    select order_id from {{ ref('base_shopify__order_readings') }}
    where discount_reading = 'lines'

),

variants as (

    select * from {{ segmentation.ref_base('variants') }}

),

inventory_items as (

    select * from {{ segmentation.ref_base('inventory_items') }}

),

costs as (

    select
        variants.variant_id,
        max(inventory_items.unit_cost) as unit_cost

    from variants

    inner join inventory_items
        on variants.inventory_item_id = inventory_items.inventory_item_id

    group by variants.variant_id

),

left_over as (

    -- discounts and taxes are those of all pieces ordered
    select
        lines.*,
        case
            when lines.is_allocated then lines.allocated_amount
            when told_by_lines.order_id is not null then lines.total_discount
        end as discount_amount,
        lines.quantity - lines.removed_quantity as left_quantity,
        costs.unit_cost

    from lines

    left join told_by_lines
        on lines.order_id = told_by_lines.order_id

    left join costs
        on lines.variant_id = costs.variant_id

),

renamed as (

    select
        -- ids
        cast(order_line_id as {{ string }}) as order_line_id,
        cast(order_id as {{ string }}) as order_id,
        product_id,

        -- strings
        line_type,
        case when removed_quantity > 0 and left_quantity <= 0 then 'removed_line' end
            as connector_reject_reason,

        -- numerics
        cast(left_quantity as {{ money }}) as quantity,
        unit_price,
        cast(null as {{ money }}) as list_price,
        {% for column in ['discount_amount', 'tax_amount'] %}
            case
                when removed_quantity > 0
                    then
                        {{ segmentation.running_share(
                            column, 'left_quantity', 'quantity'
                        ) }}
                else {{ column }}
            end as {{ column }},
        {% endfor %}
        unit_cost,
        cast(null as {{ money }}) as returned_quantity,

        -- timestamps
        cast(null as timestamp) as returned_at

    from left_over

)

select * from renamed
