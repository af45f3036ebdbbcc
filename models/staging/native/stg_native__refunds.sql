{{ config(enabled=segmentation.connector() == 'native') }}
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

        -- numerics
        amount,
        quantity,

        -- timestamps
        refunded_at

    from source

)

select * from renamed
