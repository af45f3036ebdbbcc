-- One row per product of WooCommerce, in the first of its categories by name; the
-- shop's default category, Uncategorized, is none.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
with

products as (

    select * from {{ ref('base_woocommerce__products') }}

),

product_categories as (

    select * from {{ ref('base_woocommerce__product_categories') }}

),

categories as (

    select * from {{ ref('base_woocommerce__categories') }}

),

categorised as (

    select
        product_categories.product_id,
        min(categories.category) as category

    from product_categories

    inner join categories
        on product_categories.category_id = categories.category_id

    where coalesce(categories.slug, '') != 'uncategorized'

    group by product_categories.product_id

),

renamed as (

    select
        -- ids
        products.product_id,

        -- strings
        products.product_name,
        categorised.category,
        cast(null as {{ dbt.type_string() }}) as brand,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as unit_cost

    from products

    left join categorised
        on products.product_id = categorised.product_id

)

select * from renamed
