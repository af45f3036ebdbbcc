{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_orders') }}

),

renamed as (

    select
        -- ids
        cast(order_id as {{ dbt.type_string() }}) as order_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(status as {{ dbt.type_string() }}) as status,
        cast(currency as {{ dbt.type_string() }}) as currency,
        cast(coupon_code as {{ dbt.type_string() }}) as coupon_code,
        cast(channel as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        cast(shipping_amount as {{ segmentation.type_money() }}) as shipping_amount,
        cast(tax_amount as {{ segmentation.type_money() }}) as tax_amount,
        cast(discount_amount as {{ segmentation.type_money() }}) as discount_amount,

        -- booleans
        cast(null as boolean) as is_test,
        cast(null as boolean) as has_tax_in_prices,

        -- timestamps
        cast(ordered_at as timestamp) as ordered_at,
        cast(cancelled_at as timestamp) as cancelled_at,
        cast(null as timestamp) as updated_at

    from source

)

select * from renamed
