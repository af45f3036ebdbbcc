-- One row per thing that happened to a message of Klaviyo's, and per refusal of e-mail.
-- The profile is known by its external id, if that is a customer's, else by its
-- address.
{{ config(enabled=segmentation.is_in_use('klaviyo_fivetran')) }}
with

events as (

    select * from {{ ref('base_klaviyo_fivetran__contact_events') }}

),

renamed as (

    select
        -- ids
        'klaviyo|' || event_id as email_event_id,
        external_id as customer_id,
        campaign_id,
        message_id,

        -- strings
        email,
        -- receiving is all that Klaviyo records of a sending
        case when word = 'receivedemail' then 'sent' else metric_name end as event_type,

        -- timestamps
        occurred_at

    from events

    where channel = 'email'

)

select * from renamed
