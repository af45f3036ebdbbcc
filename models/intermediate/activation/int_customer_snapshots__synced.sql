-- One row per customer and snapshot: what a marketing tool is told about the customer,
-- and a fingerprint of it that moves when any of it does.
{{ config(materialized='view') }}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

consents as (

    select * from {{ ref('int_customer_consents__resolved') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

joined as (

    select
        confirmed.as_of_date,
        confirmed.customer_id,
        consents.email_sha256,
        consents.email_md5,
        confirmed.segment_id,
        segments.segment_name,
        confirmed.model_version as segment_version,
        confirmed.previous_segment_id,
        {{ segmentation.end_of_day('confirmed.segment_since') }} as segment_changed_at,
        coalesce(
            consents.is_primary_account
            and consents.email_consented_on <= confirmed.as_of_date
            and (
                consents.email_withdrawn_on is null
                or consents.email_withdrawn_on > confirmed.as_of_date
            ),
            false
        ) as has_email_consent,
        coalesce(consents.sms_consented_on <= confirmed.as_of_date, false)
            as has_sms_consent,
        coalesce(consents.push_consented_on <= confirmed.as_of_date, false)
            as has_push_consent,
        case
            when consents.email_sha256 is null then 'no_address'
            when not consents.is_primary_account then 'duplicate_address'
            when consents.email_withdrawn_on <= confirmed.as_of_date then 'withdrawn'
            when
                consents.email_consented_on is null
                or consents.email_consented_on > confirmed.as_of_date
                then 'no_consent'
        end as email_suppress_reason

    from confirmed

    inner join consents
        on confirmed.customer_id = consents.customer_id

    inner join segments
        on confirmed.segment_id = segments.segment_id

),

judged as (

    select
        *,
        has_email_consent or has_sms_consent or has_push_consent as is_syncable,
        case
            when not (has_email_consent or has_sms_consent or has_push_consent)
                then email_suppress_reason
        end as suppress_reason

    from joined

)

select
    *,
    -- the version is not told, so that a refit alone sends nothing
    {{ dbt.hash(
        segmentation.fingerprint_text([
            'email_sha256', 'segment_id', 'segment_name', 'previous_segment_id',
            'segment_changed_at', 'has_email_consent', 'has_sms_consent',
            'has_push_consent', 'suppress_reason',
        ])
    ) }} as row_hash

from judged
