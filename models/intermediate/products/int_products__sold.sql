-- One row per product in an order of the last 90 days: how well it sells now.
with

baskets as (

    select * from {{ ref('int_baskets__itemised') }}

),

products as (

    select * from {{ ref('int_products__checked') }}

),

counted as (

    select
        item_id as product_id,
        count(*) as n_orders_90d,
        sum(
            case
                when
                    ordered_on > {{ segmentation.dateadd_days(-30, 'as_of_date') }}
                    then 1
                else 0
            end
        ) as n_orders_30d

    from baskets

    where
        item_level = 'product'
        and ordered_on > {{ segmentation.dateadd_days(-90, 'as_of_date') }}

    group by item_id

),

described as (

    select
        counted.product_id,
        counted.n_orders_30d,
        counted.n_orders_90d,
        products.product_name,
        products.category

    from counted

    left join products
        on
            counted.product_id = products.product_id
            and products.reject_reason is null

)

select
    -- ids
    product_id,

    -- strings
    coalesce(product_name, product_id) as product_name,
    category,

    -- numerics
    cast(n_orders_30d as {{ dbt.type_bigint() }}) as n_product_orders_30d,
    cast(n_orders_90d as {{ dbt.type_bigint() }}) as n_product_orders_90d,
    -- the newest sales first: what a season brings in or sells out moves fast
    row_number() over (
        order by n_orders_30d desc, n_orders_90d desc, product_id asc
    ) as sales_rank,
    row_number() over (
        partition by category
        order by n_orders_30d desc, n_orders_90d desc, product_id asc
    ) as category_sales_rank

from described
