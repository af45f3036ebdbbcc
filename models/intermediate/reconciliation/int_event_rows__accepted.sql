-- One row per event entity: the rows accepted, counted where they are used.
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
    count(*) as n_accepted
from web_events
where reject_reason is null

union all

select
    'email_events' as entity,
    count(*) as n_accepted
from email_events
where reject_reason is null

union all

select
    'campaign_members' as entity,
    count(*) as n_accepted
from campaign_members
where reject_reason is null

union all

select
    'tickets' as entity,
    count(*) as n_accepted
from tickets
where reject_reason is null

union all

select
    'reviews' as entity,
    count(*) as n_accepted
from reviews
where reject_reason is null
