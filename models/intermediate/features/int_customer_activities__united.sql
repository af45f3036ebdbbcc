-- One row per customer, day and thing that happened: a visit, the first time that a
-- message was sent, opened or clicked, a ticket or a review.
{{ config(materialized='view') }}
with

sessions as (

    select * from {{ ref('int_sessions__daily') }}

),

email_events as (

    select * from {{ ref('int_email_events__checked') }}

),

tickets as (

    select * from {{ ref('int_tickets__checked') }}

),

reviews as (

    select * from {{ ref('int_reviews__checked') }}

),

first_email_events as (

    -- a message opened ten times is one message opened, on the day it first was
    select
        customer_id,
        message_id,
        event_type,
        min(occurred_on) as occurred_on

    from email_events

    where
        reject_reason is null
        and event_type != 'other'

    group by
        customer_id,
        message_id,
        event_type

),

unioned as (

    select
        customer_id,
        occurred_on as activity_on,
        1 as n_sessions,
        n_views,
        n_carts,
        has_cart as n_cart_sessions,
        case when has_cart = 1 and has_purchase = 0 then 1 else 0 end
            as n_abandoned_sessions,
        has_purchase as n_purchase_sessions,
        0 as n_emails_sent,
        0 as n_emails_opened,
        0 as n_emails_clicked,
        0 as n_tickets,
        0 as n_complaints,
        0 as n_reviews,
        cast(0 as {{ segmentation.type_double() }}) as rating_sum

    from sessions

    union all

    select
        customer_id,
        occurred_on as activity_on,
        0 as n_sessions,
        0 as n_views,
        0 as n_carts,
        0 as n_cart_sessions,
        0 as n_abandoned_sessions,
        0 as n_purchase_sessions,
        case when event_type = 'sent' then 1 else 0 end as n_emails_sent,
        case when event_type = 'open' then 1 else 0 end as n_emails_opened,
        case when event_type = 'click' then 1 else 0 end as n_emails_clicked,
        0 as n_tickets,
        0 as n_complaints,
        0 as n_reviews,
        0 as rating_sum

    from first_email_events

    union all

    select
        customer_id,
        occurred_on as activity_on,
        0 as n_sessions,
        0 as n_views,
        0 as n_carts,
        0 as n_cart_sessions,
        0 as n_abandoned_sessions,
        0 as n_purchase_sessions,
        0 as n_emails_sent,
        0 as n_emails_opened,
        0 as n_emails_clicked,
        1 as n_tickets,
        case when is_complaint then 1 else 0 end as n_complaints,
        0 as n_reviews,
        0 as rating_sum

    from tickets

    where reject_reason is null

    union all

    select
        customer_id,
        occurred_on as activity_on,
        0 as n_sessions,
        0 as n_views,
        0 as n_carts,
        0 as n_cart_sessions,
        0 as n_abandoned_sessions,
        0 as n_purchase_sessions,
        0 as n_emails_sent,
        0 as n_emails_opened,
        0 as n_emails_clicked,
        0 as n_tickets,
        0 as n_complaints,
        1 as n_reviews,
        rating as rating_sum

    from reviews

    where reject_reason is null

)

select * from unioned
