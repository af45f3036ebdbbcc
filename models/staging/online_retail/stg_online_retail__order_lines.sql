-- One row per row of the file. Copies of a line share its order_line_id. A cancellation
-- found to undo a purchase is rejected as applied: the purchase has it as a return.
{{ config(enabled=segmentation.connector() == 'online_retail') }}
with

lines as (

    select * from {{ ref('base_online_retail__settled_lines') }}

),

renamed as (

    select
        -- ids
        cast(order_line_id as {{ dbt.type_string() }}) as order_line_id,
        cast(order_id as {{ dbt.type_string() }}) as order_id,
        cast(product_id as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as line_type,
        cast(connector_reject_reason as {{ dbt.type_string() }})
            as connector_reject_reason,

        -- numerics
        cast(quantity as {{ segmentation.type_money() }}) as quantity,
        cast(unit_price as {{ segmentation.type_money() }}) as unit_price,
        cast(null as {{ segmentation.type_money() }}) as list_price,
        cast(null as {{ segmentation.type_money() }}) as discount_amount,
        cast(null as {{ segmentation.type_money() }}) as unit_cost,
        cast(returned_quantity as {{ segmentation.type_money() }}) as returned_quantity,
        cast(null as {{ segmentation.type_money() }}) as tax_amount,

        -- timestamps
        cast(returned_at as timestamp) as returned_at

    from lines

)

select * from renamed
