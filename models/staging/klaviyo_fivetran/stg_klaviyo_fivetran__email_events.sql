-- One row per thing that happened to a message of Klaviyo's, and per refusal of e-mail.
-- The profile is known by its external id, if that is a customer's, else by its
-- address.
{{ config(enabled=segmentation.is_in_use('klaviyo_fivetran')) }}
with

events as (

    select * from {{ ref('base_klaviyo_fivetran__contact_events') }}

),

persons as (

    select * from {{ ref('base_klaviyo_fivetran__persons') }}

),

renamed as (

    select
        -- ids
        'klaviyo|' || events.event_id as email_event_id,
        persons.external_id as customer_id,
        events.campaign_id,
        events.message_id,

        -- strings
        persons.email,
        -- receiving is all that Klaviyo records of a sending
        case
            when events.word = 'receivedemail' then 'sent' else events.metric_name
        end as event_type,

        -- timestamps
        events.occurred_at

    from events

    left join persons
        on events.person_id = persons.person_id

    where events.channel = 'email'

)

select * from renamed
