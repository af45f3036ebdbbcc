-- One row per product in a refund of WooCommerce, without tax, and one per refund of an
-- amount that names no products, which counts for the order without its share of tax. A
-- refund that was deleted never was.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{% set money = segmentation.type_money() %}
{% set wide = segmentation.type_money_wide() %}
with

refunds as (

    select * from {{ ref('base_woocommerce__refunds') }}
    where not coalesce(is_deleted, false)

),

refund_lines as (

    select * from {{ ref('base_woocommerce__refund_lines') }}
    where total != 0

),

orders as (

    select * from {{ ref('base_woocommerce__orders') }}

),

lines as (

    select * from {{ ref('base_woocommerce__order_lines') }}

),

products_in_orders as (

    -- a refund names the product, and not the line: where an order has two of it, the
    -- refund is the order's
    select
        order_id,
        product_id,
        coalesce(variation_id, '0') as variation_id,
        case when count(*) = 1 then min(order_line_id) end as order_line_id

    from lines

    group by
        order_id,
        product_id,
        coalesce(variation_id, '0')

),

of_products as (

    select
        refunds.refund_id || '|' || refund_lines.refund_line_id as refund_id,
        refunds.order_id,
        products_in_orders.order_line_id,
        -refund_lines.total as amount,
        -refund_lines.quantity as quantity,
        refunds.created_at

    from refund_lines

    inner join refunds
        on refund_lines.refund_id = refunds.refund_id

    left join products_in_orders
        on
            refunds.order_id = products_in_orders.order_id
            and refund_lines.product_id = products_in_orders.product_id
            and coalesce(refund_lines.variation_id, '0')
            = products_in_orders.variation_id

),

named as (

    select distinct refund_id
    from refund_lines

),

of_amounts as (

    select
        refunds.refund_id,
        refunds.order_id,
        cast(null as {{ dbt.type_string() }}) as order_line_id,
        case
            when orders.total > 0
                then
                    cast(refunds.amount as {{ wide }})
                    * (orders.total - coalesce(orders.total_tax, 0)) / orders.total
            else refunds.amount
        end as amount,
        cast(null as {{ money }}) as quantity,
        refunds.created_at

    from refunds

    left join named
        on refunds.refund_id = named.refund_id

    left join orders
        on refunds.order_id = orders.order_id

    where named.refund_id is null

),

united as (

    select * from of_products
    union all
    select * from of_amounts

),

renamed as (

    select
        -- ids
        refund_id,
        order_id,
        order_line_id,

        -- numerics
        cast(round(amount, 4) as {{ money }}) as amount,
        quantity,

        -- timestamps
        created_at as refunded_at

    from united

)

select * from renamed
