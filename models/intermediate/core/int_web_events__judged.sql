-- One row per web event received, with the reason to reject it, if any, that is in
-- the row itself; int_web_events__checked knows copies, too.
{{ config(materialized='view') }}
with

web_events as (

    select * from {{ ref('int_web_events__united') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

words as (

    {{ segmentation.words_of('web_events', 'event_type') }}

),

known_customers as (

    select
        customer_id,
        reject_reason

    from customers

    where copy_number = 1

),

looked_up as (

    select
        web_events.*,
        words.meaning,
        known_customers.customer_id is not null as has_customer,
        known_customers.reject_reason as customer_reject_reason

    from web_events

    left join known_customers
        on web_events.customer_id = known_customers.customer_id

    left join words
        on web_events.event_type = words.spelling

)

select
    web_event_id,
    customer_id,
    session_id,
    -- what nobody knows was done on the site all the same
    coalesce(meaning, 'other') as event_type,
    event_type as stated_event_type,
    product_id,
    occurred_at,
    {{ segmentation.day_of('occurred_at') }} as occurred_on,
    -- the day, known or not
    coalesce(
        {{ segmentation.day_of('occurred_at') }}, {{ segmentation.end_of_time() }}
    ) as source_day,
    case
        when web_event_id is null or trim(web_event_id) = '' then 'missing_key'
        when customer_id is null or trim(customer_id) = '' then 'guest'
        when not has_customer then 'unknown_customer'
        when customer_reject_reason is not null then customer_reject_reason
        when occurred_at is null then 'missing_date'
        when occurred_at > {{ segmentation.extracted_at() }} then 'future_date'
        when {{ segmentation.is_out_of_range('web_events', 'occurred_at') }}
            then 'implausible_date'
    end as reject_reason

from looked_up
