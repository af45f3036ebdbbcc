-- One row per level, order and item in it, as the orders stand at the last snapshot. An
-- item is a product, or at the other level a category; what is no goods is left out.
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

products as (

    select * from {{ ref('int_products__checked') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

known_products as (

    select
        product_id,
        category

    from products

    where reject_reason is null

),

standing as (

    select
        last_snapshot.as_of_date,
        lines.order_id,
        lines.customer_id,
        lines.product_id,
        lines.ordered_on,
        known_products.category

    from lines

    inner join last_snapshot
        on
            lines.ordered_on <= last_snapshot.as_of_date
            and lines.voided_on > last_snapshot.as_of_date

    left join known_products
        on lines.product_id = known_products.product_id

    where lines.is_sale

),

goods as (

    select * from standing
    where
        1 = 1
        {% for category in var('segmentation_service_categories') %}
            and coalesce(category, '') != '{{ category | replace("'", "''") }}'
        {% endfor %}

),

items as (

    select
        as_of_date,
        'product' as item_level,
        order_id,
        customer_id,
        product_id as item_id,
        ordered_on
    from goods
    where product_id is not null

    union all

    select
        as_of_date,
        'category' as item_level,
        order_id,
        customer_id,
        category as item_id,
        ordered_on
    from goods
    where category is not null

)

select distinct
    as_of_date,
    item_level,
    order_id,
    customer_id,
    item_id,
    ordered_on

from items
