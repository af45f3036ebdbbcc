-- One row per customer and snapshot: which channels may be used. Fails closed. The last
-- snapshot knows every refusal there is, even one of a later day, because it is sent
-- today; a snapshot before it is judged by what was known then, and kept.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

orders as (

    select * from {{ ref('int_customer_snapshots__ordered') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

consents as (

    select * from {{ ref('int_customer_consents__resolved') }}

),

dated as (

    select
        orders.as_of_date,
        orders.customer_id,
        -- refusals up to this day count
        case
            when orders.as_of_date = last_snapshot.as_of_date
                then {{ segmentation.end_of_time() }}
            else orders.as_of_date
        end as refused_until

    from orders

    cross join last_snapshot

)

select
    dated.as_of_date,
    dated.customer_id,
    coalesce(
        consents.is_primary_account
        and consents.email_consented_on <= dated.as_of_date
        and coalesce(consents.email_refused_on > dated.refused_until, true),
        false
    ) as has_email_consent,
    {% for channel in ['sms', 'push'] %}
        coalesce(
            consents.{{ channel }}_consented_on <= dated.as_of_date
            and coalesce(consents.{{ channel }}_refused_on > dated.refused_until, true),
            false
        ) as has_{{ channel }}_consent,
    {% endfor %}
    case
        when coalesce(consents.has_invalid_address, false) then 'invalid_address'
        when consents.email_sha256 is null then 'no_address'
        when not consents.is_primary_account then 'duplicate_address'
        when consents.email_withdrawn_on <= dated.refused_until then 'withdrawn'
        when
            consents.email_consented_on is null
            or consents.email_consented_on > dated.as_of_date
            then 'no_consent'
        when consents.email_refused_on <= dated.refused_until then 'refused'
    end as email_suppress_reason

from dated

left join consents
    on dated.customer_id = consents.customer_id
