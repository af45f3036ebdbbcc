-- One row per ticket received, with the reason it was rejected for, if any.
with

tickets as (

    select * from {{ ref('int_tickets__united') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

words as (

    {{ segmentation.words_of('tickets', 'is_complaint') }}

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
            partition by ticket_id
            order by
                opened_at asc nulls last,
                customer_id asc nulls last
        ) as copy_number

    from tickets

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
        on numbered.complaint = words.spelling

)

select
    ticket_id,
    customer_id,
    coalesce(meaning = 'yes', false) as is_complaint,
    opened_at,
    {{ segmentation.within_range('tickets', 'closed_at') }} as closed_at,
    {{ segmentation.day_of('opened_at') }} as occurred_on,
    copy_number,
    case
        when ticket_id is null or trim(ticket_id) = '' then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
        when customer_id is null or trim(customer_id) = '' then 'guest'
        when not has_customer then 'unknown_customer'
        when customer_reject_reason is not null then customer_reject_reason
        when opened_at is null then 'missing_date'
        when opened_at > {{ segmentation.extracted_at() }} then 'future_date'
        when {{ segmentation.is_out_of_range('tickets', 'opened_at') }}
            then 'implausible_date'
    end as reject_reason

from looked_up
