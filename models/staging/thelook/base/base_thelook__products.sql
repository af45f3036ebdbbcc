-- One row per product, as TheLook has it.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ source('thelook', 'products') }}

)

select
    id,
    name,
    category,
    brand,
    cost,
    retail_price

from source
