-- One row per customer and snapshot: which channels may be used. Fails closed.
{{ config(materialized='view') }}
with

orders as (

    select * from {{ ref('int_customer_snapshots__ordered') }}

),

consents as (

    select * from {{ ref('int_customer_consents__resolved') }}

)

select
    orders.as_of_date,
    orders.customer_id,
    coalesce(
        consents.is_primary_account
        and consents.email_consented_on <= orders.as_of_date
        and (
            consents.email_withdrawn_on is null
            or consents.email_withdrawn_on > orders.as_of_date
        ),
        false
    ) as has_email_consent,
    coalesce(consents.sms_consented_on <= orders.as_of_date, false) as has_sms_consent,
    coalesce(consents.push_consented_on <= orders.as_of_date, false)
        as has_push_consent,
    case
        when consents.email_sha256 is null then 'no_address'
        when not consents.is_primary_account then 'duplicate_address'
        when consents.email_withdrawn_on <= orders.as_of_date then 'withdrawn'
        when
            consents.email_consented_on is null
            or consents.email_consented_on > orders.as_of_date
            then 'no_consent'
    end as email_suppress_reason

from orders

left join consents
    on orders.customer_id = consents.customer_id
