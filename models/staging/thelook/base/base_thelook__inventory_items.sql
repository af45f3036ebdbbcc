-- One row per piece that is, or was, in stock, as TheLook has it.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ source('thelook', 'inventory_items') }}

)

select
    id,
    cost

from source
