-- One row per customer row received, with the reason it was rejected for, if any.
with

customers as (

    select * from {{ segmentation.ref_staging('customers') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by
                -- what the connector itself rejects gives way to what it accepts
                connector_reject_reason asc nulls first,
                first_seen_at asc nulls last,
                email asc nulls last,
                phone asc nulls last,
                country asc nulls last,
                state asc nulls last,
                city asc nulls last,
                birth_date asc nulls last,
                gender asc nulls last
        ) as copy_number

    from customers

)

select
    -- ids
    customer_id,

    -- strings
    case
        when customer_id is null or trim(customer_id) = '' then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
        when connector_reject_reason is not null then connector_reject_reason
        when is_test_account then 'test_account'
        when erased_at <= {{ segmentation.extracted_at() }} then 'erased_customer'
    end as reject_reason,
    lower(trim(gender)) as gender,
    country,
    state,
    city,

    -- numerics
    copy_number,
    {{ segmentation.within_range('customers', 'age') }} as age,

    -- booleans
    coalesce(has_email_consent, false) as has_email_consent,
    coalesce(has_sms_consent, false) as has_sms_consent,
    coalesce(has_push_consent, false) as has_push_consent,

    -- timestamps
    {{ segmentation.within_range('customers', 'birth_date') }} as birth_date,
    {{ segmentation.within_range('customers', 'first_seen_at') }} as first_seen_at,
    {{ segmentation.within_range('customers', 'email_consent_at') }}
        as email_consent_at,
    {{ segmentation.within_range('customers', 'sms_consent_at') }} as sms_consent_at,
    {{ segmentation.within_range('customers', 'push_consent_at') }} as push_consent_at,
    -- whoever asked to be erased did, whatever the day says
    erased_at

from numbered
