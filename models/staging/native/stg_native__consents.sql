{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('consents') }}"
) }}
with

source as (

    {{ segmentation.select_native('consents') }}

),

renamed as (

    select
        -- ids
        consent_id,
        customer_id,

        -- strings
        mended_values,
        email,
        phone,
        channel,
        decision,

        -- timestamps
        decided_at

    from source

)

select * from renamed
