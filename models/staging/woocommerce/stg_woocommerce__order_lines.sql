-- One row per product and per fee of an order of WooCommerce, without tax. What a
-- coupon takes off is the line's discount. A fee below nought is a discount on the
-- order; one above it is no goods.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{% set string = dbt.type_string() %}
{% set money = segmentation.type_money() %}
with

lines as (

    select * from {{ ref('base_woocommerce__order_lines') }}

),

fees as (

    select * from {{ ref('base_woocommerce__order_fees') }}

),

products as (

    select * from {{ ref('base_woocommerce__products') }}

),

united as (

    select
        lines.order_line_id,
        lines.order_id,
        nullif(lines.product_id, '0') as product_id,
        case
            when
                {{ segmentation.word('products.product_type') }} like '%gift%'
                then 'gift_card'
        end as line_type,
        lines.quantity,
        coalesce(lines.subtotal / nullif(lines.quantity, 0), lines.subtotal)
            as unit_price,
        lines.subtotal - lines.total as discount_amount,
        lines.total_tax as tax_amount

    from lines

    left join products
        on lines.product_id = products.product_id

    union all

    select
        'fee|' || order_fee_id as order_line_id,
        order_id,
        cast(null as {{ string }}) as product_id,
        case when total < 0 then 'discount' else 'fee' end as line_type,
        cast(1 as {{ money }}) as quantity,
        total as unit_price,
        cast(null as {{ money }}) as discount_amount,
        total_tax as tax_amount

    from fees

),

renamed as (

    select
        -- ids
        order_line_id,
        order_id,
        product_id,

        -- strings
        cast(line_type as {{ string }}) as line_type,
        cast(null as {{ string }}) as connector_reject_reason,

        -- numerics
        quantity,
        cast(round(unit_price, 4) as {{ money }}) as unit_price,
        cast(null as {{ money }}) as list_price,
        discount_amount,
        cast(null as {{ money }}) as unit_cost,
        cast(null as {{ money }}) as returned_quantity,
        tax_amount,

        -- timestamps
        cast(null as timestamp) as returned_at

    from united

)

select * from renamed
