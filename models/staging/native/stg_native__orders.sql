{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('orders') }}"
) }}
with

source as (

    {{ segmentation.select_native('orders') }}

),

renamed as (

    select
        -- ids
        order_id,
        customer_id,

        -- strings
        mended_values,
        status,
        currency,
        coupon_code,
        channel,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        shipping_amount,
        tax_amount,
        discount_amount,

        -- booleans
        is_test,
        prices_include_tax as has_tax_in_prices,

        -- timestamps
        ordered_at,
        cancelled_at,
        updated_at

    from source

)

select * from renamed
