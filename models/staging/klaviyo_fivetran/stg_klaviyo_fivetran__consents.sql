-- One row per thing that Klaviyo knows of a consent: of each profile for e-mail and for
-- SMS, and one per suppression, per list left, and per event that refuses SMS or push,
-- or e-mail where the profile has no address.
-- A suppression counts whatever the consent says. What is over (a suppression lifted, a
-- list left, a number unsubscribed) counts unless the profile subscribed after it.
{{ config(enabled=segmentation.is_in_use('klaviyo_fivetran')) }}
{% set string = dbt.type_string() %}
with

persons as (

    select * from {{ ref('base_klaviyo_fivetran__persons') }}

),

exclusions as (

    select * from {{ ref('base_klaviyo_fivetran__exclusions') }}

),

events as (

    select * from {{ ref('base_klaviyo_fivetran__contact_events') }}

),

suppressed as (

    select
        person_id,
        min(excluded_at) as suppressed_at

    from exclusions

    where list_id is null

    group by person_id

),

judged as (

    -- a profile that is gone consents to nothing, and refuses what it refused
    {% for channel in ['email', 'sms'] %}
        select
            persons.*,
            '{{ channel }}' as channel,
            {{ channel }}_consent as decision,
            {{ channel }}_consent_at as consented_at,
            coalesce(can_receive_{{ channel }}, true) as can_receive,
            coalesce({{ segmentation.word(channel ~ '_consent') }}, '') = 'subscribed'
                as is_subscribed
        from persons
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

subscribed as (

    select
        person_id,
        channel,
        max(consented_at) as subscribed_at

    from judged

    where
        is_subscribed
        and can_receive
        and not coalesce(is_deleted, false)
        and consented_at <= {{ segmentation.extracted_at() }}

    group by
        person_id,
        channel

),

of_profiles as (

    select
        'profile|' || judged.person_id || '|' || judged.channel as consent_id,
        judged.person_id,
        judged.channel,
        case
            when
                not judged.can_receive
                and (judged.is_subscribed or judged.decision is null)
                then 'suppressed'
            when judged.is_subscribed and coalesce(judged.is_deleted, false) then null
            else judged.decision
        end as decision,
        case
            when judged.can_receive or not judged.is_subscribed
                then judged.consented_at
            when judged.channel = 'email' then suppressed.suppressed_at
        end as decided_at

    from judged

    left join suppressed
        on judged.person_id = suppressed.person_id

),

of_exclusions as (

    select
        'exclusion|' || exclusions.person_id
        || '|' || coalesce(exclusions.list_id, '') as consent_id,
        exclusions.person_id,
        'email' as channel,
        cast('suppressed' as {{ string }}) as decision,
        exclusions.excluded_at as decided_at

    from exclusions

    left join subscribed
        on
            exclusions.person_id = subscribed.person_id
            and subscribed.channel = 'email'
            and exclusions.excluded_at < subscribed.subscribed_at
            and (
                coalesce(exclusions.is_deleted, false)
                or exclusions.list_id is not null
            )

    where subscribed.person_id is null

),

of_events as (

    select
        'event|' || events.event_id as consent_id,
        events.person_id,
        events.channel,
        cast('unsubscribed' as {{ string }}) as decision,
        events.occurred_at as decided_at

    from events

    left join persons
        on events.person_id = persons.person_id

    left join subscribed
        on
            events.person_id = subscribed.person_id
            and events.channel = subscribed.channel
            and events.occurred_at < subscribed.subscribed_at

    where
        events.is_refusal
        -- those of e-mail are e-mail events, where there is an address to tell them by
        and (
            events.channel in ('sms', 'push')
            or (events.channel = 'email' and persons.email is null)
        )
        and subscribed.person_id is null

),

united as (

    select * from of_profiles
    union all
    select * from of_exclusions
    union all
    select * from of_events

),

renamed as (

    select
        -- ids
        'klaviyo|' || united.consent_id as consent_id,
        persons.external_id as customer_id,

        -- strings
        persons.email,
        persons.phone,
        united.channel,
        united.decision,

        -- timestamps
        united.decided_at

    from united

    left join persons
        on united.person_id = persons.person_id

)

select * from renamed
