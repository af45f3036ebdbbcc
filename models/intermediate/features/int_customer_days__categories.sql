-- One row per customer, order day, voiding day and category: what was bought of it.
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

products as (

    select * from {{ ref('int_products__checked') }}

),

categorised as (

    select
        product_id,
        category

    from products

    where
        reject_reason is null
        and category is not null

)

select
    lines.customer_id,
    lines.ordered_on as activity_on,
    lines.voided_on,
    categorised.category,
    cast(
        sum(lines.gross_amount - lines.discount_amount)
        as {{ segmentation.type_money() }}
    ) as category_amount

from lines

inner join categorised
    on lines.product_id = categorised.product_id

where
    lines.is_sale
    and lines.ordered_on < lines.voided_on

group by
    lines.customer_id,
    lines.ordered_on,
    lines.voided_on,
    categorised.category
