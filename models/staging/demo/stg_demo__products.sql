{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_products') }}

),

renamed as (

    select
        -- ids
        cast(product_id as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(product_name as {{ dbt.type_string() }}) as product_name,
        cast(category as {{ dbt.type_string() }}) as category,
        cast(brand as {{ dbt.type_string() }}) as brand,

        -- numerics
        cast(unit_cost as {{ segmentation.type_money() }}) as unit_cost

    from source

)

select * from renamed
