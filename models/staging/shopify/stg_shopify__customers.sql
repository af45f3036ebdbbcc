-- One row per customer account of Shopify, and per guest, where they are joined. Its
-- column state is that of the account (enabled, invited) and no region. Shopify has no
-- consent to push messages, no birthdays and no test accounts.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
{% set string = dbt.type_string() %}
with

customers as (

    select * from {{ segmentation.ref_base('customers') }}

),

addresses as (

    select * from {{ segmentation.ref_base('customer_addresses') }}

),

accounts as (

    select * from {{ ref('base_shopify__accounts') }}

),

ranked_addresses as (

    select
        addresses.*,
        row_number() over (
            partition by addresses.customer_id
            order by
                case
                    when addresses.address_id = customers.default_address_id then 0
                    when addresses.is_default then 1
                    else 2
                end asc,
                addresses.address_id asc
        ) as address_number

    from addresses

    inner join customers
        on addresses.customer_id = customers.customer_id

),

told as (

    -- where the two columns differ the newer counts, and where that is not known the no
    select
        *,
        case
            when email_consent_state is null then 'accepts_marketing'
            when accepts_marketing is null then 'state'
            when email_consent_at > accepts_marketing_at then 'state'
            when accepts_marketing_at > email_consent_at then 'accepts_marketing'
            when accepts_marketing then 'state'
            else 'accepts_marketing'
        end as consent_reading

    from customers

),

renamed as (

    select
        -- ids
        cast(told.customer_id as {{ string }}) as customer_id,

        -- strings
        told.email,
        told.phone,
        cast(null as {{ string }}) as gender,
        ranked_addresses.country,
        ranked_addresses.province as state,
        ranked_addresses.city,
        case when accounts.is_merged then 'merged_customer' end
            as connector_reject_reason,
        case
            when told.consent_reading = 'state' then told.email_consent_state
            when told.accepts_marketing then 'subscribed'
            when not told.accepts_marketing then 'unsubscribed'
        end as email_consent,
        told.sms_consent_state as sms_consent,
        cast(null as {{ string }}) as push_consent,
        cast(null as {{ string }}) as test_account,

        -- numerics
        cast(null as {{ dbt.type_int() }}) as age,

        -- booleans
        -- who is deleted in the shop is to be forgotten
        coalesce(told.is_deleted, false) and not coalesce(accounts.is_merged, false)
            as is_erased,

        -- timestamps
        cast(null as date) as birth_date,
        told.created_at as first_seen_at,
        case
            when told.consent_reading = 'state' then told.email_consent_at
            else told.accepts_marketing_at
        end as email_consent_at,
        told.sms_consent_at,
        cast(null as timestamp) as push_consent_at,
        case
            when told.is_deleted and not coalesce(accounts.is_merged, false)
                then coalesce(told.synced_at, told.updated_at)
        end as erased_at

    from told

    left join accounts
        on told.customer_id = accounts.account_key

    left join ranked_addresses
        on
            told.customer_id = ranked_addresses.customer_id
            and ranked_addresses.address_number = 1

    union all

    select
        customer_id,
        address as email,
        cast(null as {{ string }}) as phone,
        cast(null as {{ string }}) as gender,
        cast(null as {{ string }}) as country,
        cast(null as {{ string }}) as state,
        cast(null as {{ string }}) as city,
        cast(null as {{ string }}) as connector_reject_reason,
        cast(null as {{ string }}) as email_consent,
        cast(null as {{ string }}) as sms_consent,
        cast(null as {{ string }}) as push_consent,
        cast(null as {{ string }}) as test_account,
        cast(null as {{ dbt.type_int() }}) as age,
        cast(false as boolean) as is_erased,
        cast(null as date) as birth_date,
        created_at as first_seen_at,
        cast(null as timestamp) as email_consent_at,
        cast(null as timestamp) as sms_consent_at,
        cast(null as timestamp) as push_consent_at,
        cast(null as timestamp) as erased_at

    from accounts

    where is_guest

)

select * from renamed
