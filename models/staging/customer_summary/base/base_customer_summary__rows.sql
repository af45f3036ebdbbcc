-- One row per row of the customer summary, in its own money.
{{ config(
    enabled=segmentation.connector() == 'customer_summary',
    pre_hook="{{ segmentation.check_input('customer_summaries') }}"
) }}
with

source as (

    {{ segmentation.select_native('customer_summaries') }}

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
        coalesce(upper(currency), upper('{{ var("segmentation_currency") }}'))
            as currency,
        preferred_category,

        -- numerics
        age,
        cast(n_orders as {{ dbt.type_bigint() }}) as n_orders,
        total_amount,
        {{ segmentation.within_range('customer_summaries', 'average_order_amount') }}
            as stated_average_amount,
        cast(n_site_visits as {{ dbt.type_bigint() }}) as n_site_visits,
        cast(n_email_clicks as {{ dbt.type_bigint() }}) as n_email_clicks,

        -- booleans
        is_erased,

        -- timestamps
        birth_date,
        {{ segmentation.within_range('customer_summaries', 'first_seen_at') }}
            as first_seen_at,
        -- who has not ordered has no order dates, whatever the export says
        case
            when n_orders != 0
                then
                    {{ segmentation.within_range(
                        'customer_summaries', 'first_ordered_at'
                    ) }}
        end as first_ordered_at,
        case when n_orders != 0 then last_ordered_at end as last_ordered_at,
        email_consent_at,
        sms_consent_at,
        push_consent_at,
        erased_at

    from source

)

select * from renamed
