-- One row per e-mail event received, with the reason to reject it, if any, that is in
-- the row itself; int_email_events__checked knows copies, too.
{{ config(materialized='view') }}
with

events as (

    select * from {{ ref('int_email_events__united') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

owners as (

    select * from {{ ref('int_addresses__owned') }}

),

words as (

    {{ segmentation.words_of('email_events', 'event_type') }}

),

{{ segmentation.owned_events('email_events', 'email_event_id') }}

select
    email_event_id,
    owner_id as customer_id,
    campaign_id,
    message_id,
    meaning as event_type,
    event_type as stated_event_type,
    occurred_at,
    occurred_on,
    source_day,
    coalesce(
        common_reason,
        case when coalesce(meaning, 'none') = 'none' then 'unknown_event_type' end
    ) as reject_reason

from judged
