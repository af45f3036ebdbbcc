-- One row per event entity: the rows received, counted at the source.
with

web_events as (

    select * from {{ segmentation.ref_staging('web_events') }}

),

email_events as (

    select * from {{ segmentation.ref_staging('email_events') }}

),

campaign_members as (

    select * from {{ segmentation.ref_staging('campaign_members') }}

),

tickets as (

    select * from {{ segmentation.ref_staging('tickets') }}

),

reviews as (

    select * from {{ segmentation.ref_staging('reviews') }}

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
