-- One row per web event received, with the reason to reject it, if any, that is in
-- the row itself; int_web_events__checked knows copies, too.
{{ config(materialized='view') }}
with

events as (

    select * from {{ ref('int_web_events__united') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

owners as (

    select * from {{ ref('int_addresses__owned') }}

),

words as (

    {{ segmentation.words_of('web_events', 'event_type') }}

),

{{ segmentation.owned_events('web_events', 'web_event_id') }}

select
    web_event_id,
    owner_id as customer_id,
    session_id,
    -- what nobody knows was done on the site all the same
    coalesce(meaning, 'other') as event_type,
    event_type as stated_event_type,
    product_id,
    occurred_at,
    occurred_on,
    source_day,
    common_reason as reject_reason

from judged
