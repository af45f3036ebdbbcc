{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_order_lines') }}

),

renamed as (

    select
        -- ids
        cast(order_line_id as {{ dbt.type_string() }}) as order_line_id,
        cast(order_id as {{ dbt.type_string() }}) as order_id,
        cast(product_id as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as line_type,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        cast(quantity as {{ segmentation.type_money() }}) as quantity,
        cast(unit_price as {{ segmentation.type_money() }}) as unit_price,
        cast(list_price as {{ segmentation.type_money() }}) as list_price,
        cast(discount_amount as {{ segmentation.type_money() }}) as discount_amount,
        cast(unit_cost as {{ segmentation.type_money() }}) as unit_cost,
        cast(returned_quantity as {{ segmentation.type_money() }}) as returned_quantity,
        cast(null as {{ segmentation.type_money() }}) as tax_amount,

        -- timestamps
        cast(returned_at as timestamp) as returned_at

    from source

)

select * from renamed
