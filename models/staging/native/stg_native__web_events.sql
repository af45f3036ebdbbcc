{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('web_events') }}"
) }}
with

source as (

    {{ segmentation.select_native('web_events') }}

),

renamed as (

    select
        -- ids
        web_event_id,
        customer_id,
        session_id,
        product_id,

        -- strings
        mended_values,
        email,
        event_type,

        -- timestamps
        occurred_at

    from source

)

select * from renamed
