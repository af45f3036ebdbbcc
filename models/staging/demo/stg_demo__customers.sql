{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_customers') }}

),

renamed as (

    select
        -- ids
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(email as {{ dbt.type_string() }}) as email,
        cast(phone as {{ dbt.type_string() }}) as phone,
        cast(gender as {{ dbt.type_string() }}) as gender,
        cast(country as {{ dbt.type_string() }}) as country,
        cast(state as {{ dbt.type_string() }}) as state,
        cast(city as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,
        cast(has_email_consent as {{ dbt.type_string() }}) as email_consent,
        cast(has_sms_consent as {{ dbt.type_string() }}) as sms_consent,
        cast(has_push_consent as {{ dbt.type_string() }}) as push_consent,
        cast(is_test_account as {{ dbt.type_string() }}) as test_account,

        -- numerics
        cast(null as {{ dbt.type_int() }}) as age,

        -- booleans
        {{ segmentation.visible_text(
            'cast(erased_at as ' ~ dbt.type_string() ~ ')'
        ) }} is not null as is_erased,

        -- timestamps
        cast(birth_date as date) as birth_date,
        cast(first_seen_at as timestamp) as first_seen_at,
        cast(email_consent_at as timestamp) as email_consent_at,
        cast(sms_consent_at as timestamp) as sms_consent_at,
        cast(push_consent_at as timestamp) as push_consent_at,
        cast(erased_at as timestamp) as erased_at

    from source

)

select * from renamed
