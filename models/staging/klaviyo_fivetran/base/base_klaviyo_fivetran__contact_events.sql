-- One row per event that is about writing to somebody: mail received, opened and
-- clicked, and whatever says no on any channel, known by what its metric is called. A
-- deleted event that says no counts all the same; other deleted events do not. A table,
-- so that a build reads all events once, and so without addresses and numbers.
{{ config(
    enabled=segmentation.is_in_use('klaviyo_fivetran'), materialized='table'
) }}
-- parts of names, the shop's own among them, that say no: a name which the seed
-- segmentation_words does not know stops the build
{% set refusing = [
    'unsub', 'spam', 'complain', 'suppress', 'optout', 'optedout', 'bounce', 'dropped',
    'donotcontact', 'donotemail', 'blocklist', 'blacklist',
] %}
with

events as (

    select * from {{ ref('base_klaviyo_fivetran__events') }}

),

metrics as (

    select * from {{ ref('base_klaviyo_fivetran__metrics') }}

),

named as (

    select
        events.*,
        coalesce(metrics.metric_name, events.event_type) as metric_name

    from events

    left join metrics
        on events.metric_id = metrics.metric_id

),

worded as (

    select
        *,
        {{ segmentation.word('metric_name') }} as word

    from named

),

judged as (

    select
        *,
        word in ('receivedemail', 'openedemail', 'clickedemail') as is_mail,
        {% for part in refusing %}
            {{ 'or ' if not loop.first }}word like '%{{ part }}%'
        {% endfor %}
            as is_refusal,
        case
            when word like '%sms%' or word like '%textmessage%' then 'sms'
            when word like '%push%' then 'push'
            -- nobody is written to there
            when word like '%whatsapp%' then 'other'
            else 'email'
        end as channel

    from worded

)

select
    -- ids
    event_id,
    person_id,
    coalesce(campaign_id, flow_id) as campaign_id,
    -- a message is one mailing, in one variation, to one profile
    coalesce(flow_message_id, campaign_id, flow_id)
    || '|'
    || coalesce(variation_id, '')
    || '|'
    || person_id as message_id,

    -- strings
    metric_name,
    word,
    channel,

    -- booleans
    is_refusal,

    -- timestamps
    occurred_at

from judged

where
    is_refusal
    or (is_mail and not coalesce(is_deleted, false))
