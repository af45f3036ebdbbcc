-- One row per accepted customer: from when on each channel is consented to, for the
-- address of the row that consents, and from when on it is refused. Fails closed: no
-- consent on record is no consent.
with

customers as (

    select * from {{ ref('int_customers__known') }}

),

numbered as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

refusals as (

    select * from {{ ref('int_customer_refusals__matched') }}

),

refused as (

    select
        customer_key,
        {% for channel in ['email', 'sms', 'push'] %}
            min(case when channel = '{{ channel }}' then refused_on end)
                as {{ channel }}_refused_on,
        {% endfor %}
        min(case when channel = 'email' then withdrawn_on end) as email_withdrawn_on

    from refusals

    group by customer_key

),

addressed as (

    select
        customers.customer_id,
        customers.known_on,
        numbered.customer_key,
        numbered.email_sha256,
        numbered.email_md5,
        numbered.has_invalid_address,
        numbered.has_phone,
        numbered.phone_key,
        coalesce(numbered.has_email_consent, false) as has_email_consent,
        coalesce(numbered.has_sms_consent, false) as has_sms_consent,
        coalesce(numbered.has_push_consent, false) as has_push_consent,
        -- consent of unknown date is taken to be as old as the account
        coalesce(
            {{ segmentation.day_of('numbered.email_consent_at') }}, customers.known_on
        )
            as email_consented_on,
        coalesce(
            {{ segmentation.day_of('numbered.sms_consent_at') }}, customers.known_on
        )
            as sms_consented_on,
        coalesce(
            {{ segmentation.day_of('numbered.push_consent_at') }}, customers.known_on
        )
            as push_consented_on

    from customers

    inner join numbered
        on
            customers.customer_id = numbered.customer_id
            and numbered.copy_number = 1

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
    shared.has_invalid_address,
    shared.has_phone,
    shared.phone_key as phone_sha256,
    case
        when shared.email_sha256 is not null and shared.all_accounts_consent = 1
            then shared.email_consented_on
    end as email_consented_on,
    refused.email_refused_on,
    refused.email_withdrawn_on,
    case
        when shared.has_sms_consent and shared.has_phone then shared.sms_consented_on
    end as sms_consented_on,
    refused.sms_refused_on,
    case when shared.has_push_consent then shared.push_consented_on end
        as push_consented_on,
    refused.push_refused_on,
    -- of the accounts with one address only the oldest is written to
    shared.email_sha256 is not null and shared.account_number = 1 as is_primary_account

from shared

left join refused
    on shared.customer_key = refused.customer_key
