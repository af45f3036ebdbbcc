-- One row per product of TheLook.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ ref('base_thelook__products') }}

),

renamed as (

    select
        -- ids
        {{ segmentation.to_id('id') }} as product_id,

        -- strings
        cast(name as {{ dbt.type_string() }}) as product_name,
        cast(category as {{ dbt.type_string() }}) as category,
        cast(brand as {{ dbt.type_string() }}) as brand,

        -- numerics
        {{ segmentation.to_number('cost', 'money', 'double') }} as unit_cost

    from source

)

select * from renamed
