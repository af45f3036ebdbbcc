-- One row per item ordered, as TheLook has it.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ source('thelook', 'order_items') }}

)

select
    id,
    order_id,
    product_id,
    inventory_item_id,
    sale_price,
    returned_at

from source
