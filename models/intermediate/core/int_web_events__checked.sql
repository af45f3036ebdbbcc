-- One row per web event received, with the reason it was rejected for, if any.
with

web_events as (

    select * from {{ segmentation.ref_staging('web_events') }}

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

numbered as (

    select
        *,
        row_number() over (
            partition by web_event_id
            order by
                occurred_at asc nulls last,
                customer_id asc nulls last,
                event_type asc nulls last
        ) as copy_number

    from web_events

),

looked_up as (

    select
        numbered.*,
        words.meaning,
        known_customers.customer_id is not null as has_customer,
        known_customers.reject_reason as customer_reject_reason

    from numbered

    left join known_customers
        on numbered.customer_id = known_customers.customer_id

    left join words
        on numbered.event_type = words.spelling

)

select
    web_event_id,
    customer_id,
    session_id,
    -- what nobody knows was done on the site all the same
    coalesce(meaning, 'other') as event_type,
    product_id,
    occurred_at,
    {{ segmentation.day_of('occurred_at') }} as occurred_on,
    copy_number,
    case
        when web_event_id is null or trim(web_event_id) = '' then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
        when customer_id is null or trim(customer_id) = '' then 'guest'
        when not has_customer then 'unknown_customer'
        when customer_reject_reason is not null then customer_reject_reason
        when occurred_at is null then 'missing_date'
        when occurred_at > {{ segmentation.extracted_at() }} then 'future_date'
        when {{ segmentation.is_out_of_range('web_events', 'occurred_at') }}
            then 'implausible_date'
    end as reject_reason

from looked_up
