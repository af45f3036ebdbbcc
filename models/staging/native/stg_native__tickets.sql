{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('tickets') }}"
) }}
with

source as (

    {{ segmentation.select_native('tickets') }}

),

renamed as (

    select
        -- ids
        ticket_id,
        customer_id,

        -- strings
        mended_values,
        is_complaint as complaint,

        -- timestamps
        opened_at,
        closed_at

    from source

)

select * from renamed
