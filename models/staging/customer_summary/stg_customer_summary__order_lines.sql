-- One row per order line: none. A customer summary has no order lines; the columns
-- stand for the entity.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as order_line_id,
        cast(null as {{ dbt.type_string() }}) as order_id,
        cast(null as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as line_type,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as quantity,
        cast(null as {{ segmentation.type_money() }}) as unit_price,
        cast(null as {{ segmentation.type_money() }}) as list_price,
        cast(null as {{ segmentation.type_money() }}) as discount_amount,
        cast(null as {{ segmentation.type_money() }}) as unit_cost,
        cast(null as {{ segmentation.type_money() }}) as returned_quantity,
        cast(null as {{ segmentation.type_money() }}) as tax_amount,

        -- timestamps
        cast(null as timestamp) as returned_at

    from source

    where 1 = 0

)

select * from renamed
