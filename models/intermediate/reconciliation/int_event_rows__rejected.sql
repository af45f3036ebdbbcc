-- One row per row of a event entity that was rejected, with the reason.
with

web_events as (

    select * from {{ ref('int_web_events__checked') }}

),

email_events as (

    select * from {{ ref('int_email_events__checked') }}

),

campaign_members as (

    select * from {{ ref('int_campaign_members__checked') }}

),

tickets as (

    select * from {{ ref('int_tickets__checked') }}

),

reviews as (

    select * from {{ ref('int_reviews__checked') }}

)

select
    'web_events' as entity,
    web_event_id as row_key,
    copy_number,
    reject_reason,
    cast(occurred_at as timestamp) as occurred_at
from web_events
where reject_reason is not null

union all

select
    'email_events' as entity,
    email_event_id as row_key,
    copy_number,
    reject_reason,
    cast(occurred_at as timestamp) as occurred_at
from email_events
where reject_reason is not null

union all

select
    'campaign_members' as entity,
    campaign_member_id as row_key,
    copy_number,
    reject_reason,
    cast(assigned_at as timestamp) as occurred_at
from campaign_members
where reject_reason is not null

union all

select
    'tickets' as entity,
    ticket_id as row_key,
    copy_number,
    reject_reason,
    cast(opened_at as timestamp) as occurred_at
from tickets
where reject_reason is not null

union all

select
    'reviews' as entity,
    review_id as row_key,
    copy_number,
    reject_reason,
    cast(reviewed_at as timestamp) as occurred_at
from reviews
where reject_reason is not null
