-- One row per row of the customer summary, in its own money.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    {{ segmentation.select_native('customer_summaries') }}

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
        coalesce(
            upper(trim(cast(currency as {{ dbt.type_string() }}))),
            upper('{{ var("segmentation_currency") }}')
        ) as currency,
        nullif(trim(cast(preferred_category as {{ dbt.type_string() }})), '')
            as preferred_category,

        -- numerics
        cast(age as {{ dbt.type_int() }}) as age,
        cast(n_orders as {{ dbt.type_bigint() }}) as n_orders,
        cast(total_amount as {{ segmentation.type_money() }}) as total_amount,
        cast(average_order_amount as {{ segmentation.type_money() }})
            as stated_average_amount,
        cast(n_site_visits as {{ dbt.type_bigint() }}) as n_site_visits,
        cast(n_email_clicks as {{ dbt.type_bigint() }}) as n_email_clicks,

        -- booleans
        cast(has_email_consent as boolean) as has_email_consent,
        cast(has_sms_consent as boolean) as has_sms_consent,
        cast(has_push_consent as boolean) as has_push_consent,
        cast(is_test_account as boolean) as is_test_account,

        -- timestamps
        cast(birth_date as date) as birth_date,
        cast(first_seen_at as timestamp) as first_seen_at,
        -- who has not ordered has no order dates, whatever the export says
        case when n_orders != 0 then cast(first_ordered_at as timestamp) end
            as first_ordered_at,
        case when n_orders != 0 then cast(last_ordered_at as timestamp) end
            as last_ordered_at,
        cast(email_consent_at as timestamp) as email_consent_at,
        cast(sms_consent_at as timestamp) as sms_consent_at,
        cast(push_consent_at as timestamp) as push_consent_at,
        cast(erased_at as timestamp) as erased_at

    from source

)

select * from renamed
