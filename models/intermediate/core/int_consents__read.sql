-- One row per consent received that says yes or no, and channel that it is about. A
-- word that is not understood is a no, and a no to an unknown channel is one to all.
with

consents as (

    select * from {{ ref('int_consents__united') }}

),

decisions as (

    {{ segmentation.words_of('consents', 'decision') }}

),

channels as (

    {{ segmentation.words_of('consents', 'channel') }}

),

understood as (

    select
        consents.*,
        coalesce(channels.meaning, 'none') as channel_meaning,
        coalesce(decisions.meaning, 'no') != 'yes' as is_refusal,
        {{ segmentation.to_id('consents.customer_id') }} as customer_key,
        {{ segmentation.email_address('consents.email') }} as address,
        {{ segmentation.phone_digits('consents.phone') }} as digits

    from consents

    left join decisions
        on consents.decision = decisions.spelling

    left join channels
        on consents.channel = channels.spelling

    where
        consents.decision is not null
        and coalesce(decisions.meaning, 'no') != 'none'

),

keyed as (

    select
        *,
        {{ segmentation.address_key('address') }} as bare_address,
        coalesce({{ segmentation.is_plausible_phone('phone', 'digits') }}, false)
            as has_phone

    from understood

),

hashed as (

    select
        *,
        {{ segmentation.address_hash('bare_address') }} as address_key,
        case when has_phone then {{ segmentation.contact_hash('digits') }} end
            as phone_key

    from keyed

),

of_channels as (

    {% for channel in ['email', 'sms', 'push'] %}
        select
            *,
            '{{ channel }}' as closed_channel
        from hashed
        where
            channel_meaning = '{{ channel }}'
            or (is_refusal and channel_meaning = 'none')
            {% if channel == 'sms' %}
                -- who is not to be called is not to be sent texts
                or (is_refusal and channel_meaning = 'phone')
            {% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    -- ids
    consent_id,
    customer_key,
    {{ segmentation.spelling_key('email') }} as email_spelling_key,
    {{ segmentation.spelling_key('phone') }} as phone_spelling_key,
    -- what a consent is good for, and nothing else: the address or number that it was
    -- given for, or the customer where none is told
    case
        when closed_channel = 'email' and address is not null
            then 'address ' || address_key
        when closed_channel = 'sms' and digits is not null then 'phone ' || phone_key
        else 'customer ' || customer_key
    end as contact_key,

    -- strings
    closed_channel as channel,

    -- booleans
    is_refusal,

    -- timestamps
    -- a refusal whose date cannot be has none; a consent to come is none yet
    case
        when
            not {{ segmentation.is_out_of_range('consents', 'decided_at') }}
            and (not is_refusal or decided_at <= {{ segmentation.extracted_at() }})
            then decided_at
    end as decided_at

from of_channels
