-- One row per accepted customer: from when on each channel may be used, and until when.
-- Fails closed: no consent on record is no consent; a refusal counts for everybody with
-- the same address.
with

customers as (

    select * from {{ ref('int_customers__known') }}

),

contacts as (

    select * from {{ ref('int_customer_contacts__normalised') }}

),

email_events as (

    select * from {{ ref('int_email_events__checked') }}

),

addressed as (

    select
        customers.customer_id,
        customers.known_on,
        contacts.email_sha256,
        contacts.email_md5,
        contacts.phone is not null as has_phone,
        customers.has_email_consent,
        customers.has_sms_consent,
        customers.has_push_consent,
        -- consent of unknown date is taken to be as old as the account
        coalesce(
            {{ segmentation.day_of('customers.email_consent_at') }}, customers.known_on
        )
            as email_consented_on,
        coalesce(
            {{ segmentation.day_of('customers.sms_consent_at') }}, customers.known_on
        )
            as sms_consented_on,
        coalesce(
            {{ segmentation.day_of('customers.push_consent_at') }}, customers.known_on
        )
            as push_consented_on

    from customers

    left join contacts
        on customers.customer_id = contacts.customer_id

),

refusals as (

    select
        customer_id,
        event_type,
        occurred_on

    from email_events

    where
        reject_reason is null
        and event_type in ('unsubscribe', 'complaint', 'bounce')

),

refused_addresses as (

    -- a refusal is taken back by a consent given later
    select
        addressed.email_sha256,
        min(refusals.occurred_on) as email_withdrawn_on

    from refusals

    inner join addressed
        on refusals.customer_id = addressed.customer_id

    where
        addressed.email_sha256 is not null
        and refusals.occurred_on >= addressed.email_consented_on

    group by addressed.email_sha256

),

shared as (

    select
        *,
        row_number() over (
            partition by email_sha256
            order by known_on asc, customer_id asc
        ) as account_number,
        min(case when has_email_consent then 1 else 0 end) over (
            partition by email_sha256
        ) as all_accounts_consent

    from addressed

)

select
    shared.customer_id,
    shared.email_sha256,
    shared.email_md5,
    shared.has_phone,
    case
        when shared.email_sha256 is not null and shared.all_accounts_consent = 1
            then shared.email_consented_on
    end as email_consented_on,
    refused_addresses.email_withdrawn_on,
    case
        when shared.has_sms_consent and shared.has_phone then shared.sms_consented_on
    end as sms_consented_on,
    case when shared.has_push_consent then shared.push_consented_on end
        as push_consented_on,
    -- of the accounts with one address only the oldest is written to
    shared.email_sha256 is not null and shared.account_number = 1 as is_primary_account

from shared

left join refused_addresses
    on shared.email_sha256 = refused_addresses.email_sha256
