-- One row per row of an event entity that was rejected, with the reason and the
-- value that it is about.
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
    {{ segmentation.key_to_keep('web_event_id') }} as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'web_event_id',
        'unknown_customer': 'customer_id',
        'future_date': 'occurred_at',
        'implausible_date': 'occurred_at',
    }) }} as offending_value,
    cast(null as {{ segmentation.type_double() }}) as rejected_amount,
    cast(occurred_at as timestamp) as occurred_at
from web_events
where reject_reason is not null

union all

select
    'email_events' as entity,
    {{ segmentation.key_to_keep('email_event_id') }} as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'email_event_id',
        'unknown_customer': 'customer_id',
        'future_date': 'occurred_at',
        'implausible_date': 'occurred_at',
        'unknown_event_type': 'stated_event_type',
    }) }} as offending_value,
    cast(null as {{ segmentation.type_double() }}) as rejected_amount,
    cast(occurred_at as timestamp) as occurred_at
from email_events
where reject_reason is not null

union all

select
    'campaign_members' as entity,
    {{ segmentation.key_to_keep('campaign_member_id') }} as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'campaign_member_id',
        'unknown_customer': 'customer_id',
        'future_date': 'assigned_at',
        'implausible_date': 'assigned_at',
    }) }} as offending_value,
    cast(null as {{ segmentation.type_double() }}) as rejected_amount,
    cast(assigned_at as timestamp) as occurred_at
from campaign_members
where reject_reason is not null

union all

select
    'tickets' as entity,
    {{ segmentation.key_to_keep('ticket_id') }} as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'ticket_id',
        'unknown_customer': 'customer_id',
        'future_date': 'opened_at',
        'implausible_date': 'opened_at',
    }) }} as offending_value,
    cast(null as {{ segmentation.type_double() }}) as rejected_amount,
    cast(opened_at as timestamp) as occurred_at
from tickets
where reject_reason is not null

union all

select
    'reviews' as entity,
    {{ segmentation.key_to_keep('review_id') }} as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'review_id',
        'unknown_customer': 'customer_id',
        'future_date': 'reviewed_at',
        'implausible_date': 'reviewed_at',
        'implausible_rating': 'rating',
    }) }} as offending_value,
    cast(null as {{ segmentation.type_double() }}) as rejected_amount,
    cast(reviewed_at as timestamp) as occurred_at
from reviews
where reject_reason is not null
