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
        email_consent,
        sms_consent,
        push_consent,
        test_account,
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
