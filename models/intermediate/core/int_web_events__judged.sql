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

owners as (

    select * from {{ ref('int_addresses__owned') }}

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

addressed as (

    select
        *,
        {{ segmentation.address_key(segmentation.email_address('email')) }} as address

    from web_events

),

hashed as (

    select
        *,
        {{ segmentation.address_hash('address') }} as address_key

    from addressed

),

looked_up as (

    select
        hashed.*,
        words.meaning,
        -- whoever is not known by an id may be by an address
        case
            when known_customers.customer_id is null
                then coalesce(owners.customer_id, hashed.customer_id)
            else hashed.customer_id
        end as owner_id,
        coalesce(known_customers.customer_id, owners.customer_id) is not null
            as has_customer,
        known_customers.reject_reason as customer_reject_reason

    from hashed

    left join known_customers
        on hashed.customer_id = known_customers.customer_id

    left join owners
        on hashed.address_key = owners.address_key

    left join words
        on hashed.event_type = words.spelling

)

select
    web_event_id,
    owner_id as customer_id,
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
        when coalesce(trim(owner_id), '') = '' and address is null then 'guest'
        when not has_customer then 'unknown_customer'
        when customer_reject_reason is not null then customer_reject_reason
        when occurred_at is null then 'missing_date'
        when occurred_at > {{ segmentation.extracted_at() }} then 'future_date'
        when {{ segmentation.is_out_of_range('web_events', 'occurred_at') }}
            then 'implausible_date'
    end as reject_reason

from looked_up
