-- One row per event that is about writing to somebody: mail received, opened and
-- clicked, and whatever says no on any channel, known by what its metric is called. A
-- deleted event that says no counts all the same; other deleted events do not. A table,
-- so that a build reads all events once.
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

persons as (

    select * from {{ ref('base_klaviyo_fivetran__persons') }}

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
    judged.event_id,
    judged.person_id,
    persons.external_id,
    coalesce(judged.campaign_id, judged.flow_id) as campaign_id,
    -- a message is one mailing, in one variation, to one profile
    coalesce(judged.flow_message_id, judged.campaign_id, judged.flow_id)
    || '|'
    || coalesce(judged.variation_id, '')
    || '|'
    || judged.person_id as message_id,

    -- strings
    persons.email,
    persons.phone,
    judged.metric_name,
    judged.word,
    judged.channel,

    -- booleans
    judged.is_refusal,

    -- timestamps
    judged.occurred_at

from judged

left join persons
    on judged.person_id = persons.person_id

where
    judged.is_refusal
    or (judged.is_mail and not coalesce(judged.is_deleted, false))
