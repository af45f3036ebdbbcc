-- One row per customer account, as TheLook has it. Read here once, for the customers
-- and for the entities that TheLook has none of.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ source('thelook', 'users') }}

)

select
    id,
    email,
    age,
    gender,
    state,
    city,
    country,
    created_at

from source
