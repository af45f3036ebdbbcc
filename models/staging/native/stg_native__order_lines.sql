{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('order_lines') }}"
) }}
with

source as (

    {{ segmentation.select_native('order_lines') }}

),

renamed as (

    select
        -- ids
        order_line_id,
        order_id,
        product_id,

        -- strings
        mended_values,
        line_type,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        quantity,
        unit_price,
        list_price,
        discount_amount,
        unit_cost,
        returned_quantity,
        tax_amount,

        -- timestamps
        returned_at

    from source

)

select * from renamed
