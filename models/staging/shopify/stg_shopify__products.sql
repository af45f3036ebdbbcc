-- One row per product of Shopify; it costs what the first of its variants does.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
with

products as (

    select * from {{ segmentation.ref_base('products') }}

),

variants as (

    select * from {{ segmentation.ref_base('variants') }}

),

inventory_items as (

    select * from {{ segmentation.ref_base('inventory_items') }}

),

costed as (

    select
        variants.product_id,
        inventory_items.unit_cost,
        row_number() over (
            partition by variants.product_id
            order by
                variants.variant_position asc nulls last,
                cast(variants.variant_id as {{ dbt.type_string() }}) asc,
                inventory_items.unit_cost asc
        ) as variant_number

    from variants

    inner join inventory_items
        on variants.inventory_item_id = inventory_items.inventory_item_id

    where inventory_items.unit_cost is not null

),

renamed as (

    select
        -- ids
        products.product_id,

        -- strings
        products.title as product_name,
        products.product_type as category,
        products.vendor as brand,

        -- numerics
        costed.unit_cost

    from products

    left join costed
        on
            products.product_id = costed.product_id
            and costed.variant_number = 1

)

select * from renamed
