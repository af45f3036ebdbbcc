{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('email_events') }}"
) }}
with

source as (

    {{ segmentation.select_native('email_events') }}

),

renamed as (

    select
        -- ids
        email_event_id,
        customer_id,
        campaign_id,
        message_id,

        -- strings
        mended_values,
        email,
        event_type,

        -- timestamps
        occurred_at

    from source

)

select * from renamed
