-- One row per row of the customer summary: who the customer is.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

),

renamed as (

    select
        -- ids
        customer_id,

        -- strings
        email,
        phone,
        gender,
        country,
        state,
        city,
        connector_reject_reason,

        -- numerics
        age,

        -- booleans
        has_email_consent,
        has_sms_consent,
        has_push_consent,
        is_test_account,

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
