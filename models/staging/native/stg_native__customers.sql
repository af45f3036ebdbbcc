{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('customers') }}"
) }}
with

source as (

    {{ segmentation.select_native('customers') }}

),

renamed as (

    select
        -- ids
        customer_id,

        -- strings
        mended_values,
        has_email_consent as email_consent,
        has_sms_consent as sms_consent,
        has_push_consent as push_consent,
        is_test_account as test_account,
        email,
        phone,
        gender,
        country,
        state,
        city,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        age,

        -- booleans
        is_erased,

        -- timestamps
        birth_date,
        first_seen_at,
        email_consent_at,
        sms_consent_at,
        push_consent_at,
        erased_at

    from source

)

select * from renamed
