-- One row per order of TheLook. All are made on its web site, in USD; shipping, tax and
-- coupons are not on record, nor is the time at which an order was cancelled.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ source('thelook', 'orders') }}

),

renamed as (

    select
        -- ids
        {{ segmentation.to_id('order_id') }} as order_id,
        {{ segmentation.to_id('user_id') }} as customer_id,

        -- strings
        cast(lower(status) as {{ dbt.type_string() }}) as status,
        cast('USD' as {{ dbt.type_string() }}) as currency,
        cast(null as {{ dbt.type_string() }}) as coupon_code,
        cast('web' as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as shipping_amount,
        cast(null as {{ segmentation.type_money() }}) as tax_amount,
        cast(null as {{ segmentation.type_money() }}) as discount_amount,

        -- booleans
        cast(null as boolean) as is_test,
        cast(null as boolean) as has_tax_in_prices,

        -- timestamps
        {{ segmentation.to_timestamp('created_at') }} as ordered_at,
        cast(null as timestamp) as cancelled_at,
        cast(null as timestamp) as updated_at

    from source

)

select * from renamed
