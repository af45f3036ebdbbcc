-- One row per registered customer of WooCommerce, and, where they are joined, per
-- guest. It keeps no consent. An account that was deleted is one that was erased.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{% set string = dbt.type_string() %}
with

source as (

    select * from {{ ref('base_woocommerce__shoppers') }}

),

renamed as (

    select
        -- ids
        customer_id,

        -- strings
        email,
        phone,
        cast(null as {{ string }}) as gender,
        country,
        state,
        city,
        cast(null as {{ string }}) as connector_reject_reason,
        cast(null as {{ string }}) as email_consent,
        cast(null as {{ string }}) as sms_consent,
        cast(null as {{ string }}) as push_consent,
        cast(null as {{ string }}) as test_account,

        -- numerics
        cast(null as {{ dbt.type_int() }}) as age,

        -- booleans
        coalesce(is_deleted, false) as is_erased,

        -- timestamps
        cast(null as date) as birth_date,
        created_at as first_seen_at,
        cast(null as timestamp) as email_consent_at,
        cast(null as timestamp) as sms_consent_at,
        cast(null as timestamp) as push_consent_at,
        case when is_deleted then coalesce(updated_at, created_at) end as erased_at

    from source

)

select * from renamed
