-- One row per product: none. A customer summary has no products; the columns stand for
-- the entity.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as product_name,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ dbt.type_string() }}) as brand,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as unit_cost

    from source

    where 1 = 0

)

select * from renamed
