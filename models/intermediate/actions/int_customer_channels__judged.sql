-- One row per snapshot, customer and channel that is closed to them, with the
-- reason. No row means that the channel may be used.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

consents as (

    select * from {{ ref('int_customer_snapshots__consented') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

channels as (

    select * from {{ segmentation.ref_seed('channels') }}

),

contacts as (

    select * from {{ ref('int_customer_contacts__sent') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

recent as (

    -- quiet periods are shorter than this
    select
        snapshots.as_of_date,
        contacts.customer_id,
        contacts.channel,
        min({{ segmentation.days_between(
            'contacts.contacted_on', 'snapshots.as_of_date'
        ) }}) as days_since_contact,
        sum(
            case
                when
                    contacts.contacted_on
                    > {{ segmentation.dateadd_days(-7, 'snapshots.as_of_date') }}
                    then contacts.n_contacts
                else 0
            end
        ) as n_contacts_7d

    from snapshots

    inner join contacts
        on
            snapshots.as_of_date >= contacts.contacted_on
            and contacts.contacted_on
            > {{ segmentation.dateadd_days(-400, 'snapshots.as_of_date') }}

    group by
        snapshots.as_of_date,
        contacts.customer_id,
        contacts.channel

),

judged as (

    select
        consents.as_of_date,
        consents.customer_id,
        channels.channel,
        case
            when
                channels.consent != 'none'
                and not (
                    (channels.consent = 'email' and consents.has_email_consent)
                    or (channels.consent = 'sms' and consents.has_sms_consent)
                    or (channels.consent = 'push' and consents.has_push_consent)
                )
                then 'no_consent'
            when recent.days_since_contact < channels.quiet_days then 'quiet_period'
            when recent.n_contacts_7d >= channels.max_contacts_per_week
                then 'contact_cap'
        end as blocked_by

    from consents

    cross join channels

    left join recent
        on
            consents.as_of_date = recent.as_of_date
            and consents.customer_id = recent.customer_id
            and channels.channel = recent.channel

)

select
    as_of_date,
    customer_id,
    channel,
    blocked_by

from judged

where blocked_by is not null
