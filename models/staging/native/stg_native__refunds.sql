{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('refunds') }}"
) }}
with

source as (

    {{ segmentation.select_native('refunds') }}

),

renamed as (

    select
        -- ids
        refund_id,
        order_id,
        order_line_id,

        -- strings
        mended_values,

        -- numerics
        amount,
        quantity,

        -- timestamps
        refunded_at

    from source

)

select * from renamed
