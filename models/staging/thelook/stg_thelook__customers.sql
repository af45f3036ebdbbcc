-- One row per customer account of TheLook. It has no consent on record, no phone
-- numbers and no test accounts.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ source('thelook', 'users') }}

),

renamed as (

    select
        -- ids
        {{ segmentation.to_id('id') }} as customer_id,

        -- strings
        cast(email as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as phone,
        cast(
            case
                when upper(trim(gender)) = 'F' then 'female'
                when upper(trim(gender)) = 'M' then 'male'
            end as {{ dbt.type_string() }}
        ) as gender,
        cast(country as {{ dbt.type_string() }}) as country,
        cast(state as {{ dbt.type_string() }}) as state,
        cast(city as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,
        cast(null as {{ dbt.type_string() }}) as email_consent,
        cast(null as {{ dbt.type_string() }}) as sms_consent,
        cast(null as {{ dbt.type_string() }}) as push_consent,
        cast(null as {{ dbt.type_string() }}) as test_account,

        -- numerics
        {{ segmentation.to_number('age', 'integer', 'double') }} as age,

        -- booleans
        cast(false as boolean) as is_erased,

        -- timestamps
        cast(null as date) as birth_date,
        {{ segmentation.to_timestamp('created_at') }} as first_seen_at,
        cast(null as timestamp) as email_consent_at,
        cast(null as timestamp) as sms_consent_at,
        cast(null as timestamp) as push_consent_at,
        cast(null as timestamp) as erased_at

    from source

)

select * from renamed
