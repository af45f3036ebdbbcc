-- One row per product of TheLook.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ ref('base_thelook__products') }}

),

renamed as (

    select
        -- ids
        cast(id as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(name as {{ dbt.type_string() }}) as product_name,
        cast(category as {{ dbt.type_string() }}) as category,
        cast(brand as {{ dbt.type_string() }}) as brand,

        -- numerics
        cast(cost as {{ segmentation.type_money() }}) as unit_cost

    from source

)

select * from renamed
