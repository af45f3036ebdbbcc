-- One row per event entity: the rows received, counted at the source.
with

web_events as (

    select * from {{ ref('int_web_events__united') }}

),

email_events as (

    select * from {{ ref('int_email_events__united') }}

),

campaign_members as (

    select * from {{ ref('int_campaign_members__united') }}

),

tickets as (

    select * from {{ ref('int_tickets__united') }}

),

reviews as (

    select * from {{ ref('int_reviews__united') }}

)

select
    'web_events' as entity,
    count(*) as n_received
from web_events

union all

select
    'email_events' as entity,
    count(*) as n_received
from email_events

union all

select
    'campaign_members' as entity,
    count(*) as n_received
from campaign_members

union all

select
    'tickets' as entity,
    count(*) as n_received
from tickets

union all

select
    'reviews' as entity,
    count(*) as n_received
from reviews
