-- One row per item ordered: TheLook has a row, not a quantity, for each piece. An
-- item's own time may be later than its order's, by days; the order's is the one used.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

items as (

    select * from {{ ref('base_thelook__order_items') }}

),

products as (

    select * from {{ ref('base_thelook__products') }}

),

inventory_items as (

    select * from {{ ref('base_thelook__inventory_items') }}

),

renamed as (

    select
        -- ids
        {{ segmentation.to_id('items.id') }} as order_line_id,
        {{ segmentation.to_id('items.order_id') }} as order_id,
        {{ segmentation.to_id('items.product_id') }} as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as line_type,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        cast(1 as {{ segmentation.type_money() }}) as quantity,
        {{ segmentation.to_number('items.sale_price', 'money', 'double') }} as unit_price,
        {{ segmentation.to_number('products.retail_price', 'money', 'double') }} as list_price,
        cast(null as {{ segmentation.type_money() }}) as discount_amount,
        -- what this very piece cost, where that is known
        {{ segmentation.to_number(
            'coalesce(inventory_items.cost, products.cost)', 'money', 'double'
        ) }} as unit_cost,
        cast(
            case when items.returned_at is not null then 1 else 0 end
            as {{ segmentation.type_money() }}
        ) as returned_quantity,
        cast(null as {{ segmentation.type_money() }}) as tax_amount,

        -- timestamps
        {{ segmentation.to_timestamp('items.returned_at') }} as returned_at

    from items

    left join products
        on items.product_id = products.id

    left join inventory_items
        on items.inventory_item_id = inventory_items.id

)

select * from renamed
