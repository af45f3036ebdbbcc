-- One row per refusal on record: who said no to which channel, and since when. Read
-- from the rows as they came, before any is rejected, because a refusal in a faulty row
-- is one all the same.
{% set string = dbt.type_string() %}
with

customers as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

email_events as (

    select * from {{ ref('int_email_events__united') }}

),

consents as (

    select * from {{ ref('int_consents__read') }}

),

words as (

    {{ segmentation.words_of('email_events', 'event_type') }}

),

stated as (

    {% for channel in ['email', 'sms', 'push'] %}
        select
            '{{ channel }}' as channel,
            case
                when is_erased then 'erased'
                when is_test_account then 'test_account'
                else 'consent_refused'
            end as refusal_reason,
            customer_key,
            email_spelling_key,
            phone_spelling_key
        from customers
        where is_erased or is_test_account or not has_{{ channel }}_consent
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

refused_events as (

    select
        coalesce(words.meaning, 'none') as meaning,
        email_events.customer_id,
        email_events.email,
        -- a date that cannot be is none
        case
            when
                email_events.occurred_at <= {{ segmentation.extracted_at() }}
                and not {{ segmentation.is_out_of_range(
                    'email_events', 'occurred_at'
                ) }}
                then {{ segmentation.day_of('email_events.occurred_at') }}
        end as refused_on

    from email_events

    left join words
        on email_events.event_type = words.spelling

    where
        coalesce(words.meaning, 'none') {{ segmentation.is_refusing_event() }}

),

keyed_events as (

    select
        case when meaning = 'none' then 'unknown_word' else meaning end
            as refusal_reason,
        {{ segmentation.to_id('customer_id') }} as customer_key,
        email,
        {{ segmentation.address_key(segmentation.email_address('email')) }} as address,
        refused_on

    from refused_events

),

hashed_events as (

    select
        refusal_reason,
        customer_key,
        {{ segmentation.spelling_key('email') }} as email_spelling_key,
        {{ segmentation.address_hash('address') }} as address_key,
        refused_on

    from keyed_events

),

given_again as (

    -- consents that can take a refusal back: of the row that is kept, of a known day,
    -- and of a customer who has one address, so that it is clear what was refused
    select
        customer_key,
        min(address_key) as address_key,
        min(
            case
                when
                    copy_number = 1
                    and connector_reject_reason is null
                    and has_email_consent
                    and email_consent_at <= {{ segmentation.extracted_at() }}
                    then {{ segmentation.day_of('email_consent_at') }}
            end
        ) as consented_on

    from customers

    group by customer_key

    having coalesce(min(address_key), '') = coalesce(max(address_key), '')

),

standing_events as (

    select hashed_events.*

    from hashed_events

    left join given_again
        on
            hashed_events.customer_key = given_again.customer_key
            and hashed_events.refused_on < given_again.consented_on
            and (
                hashed_events.email_spelling_key is null
                or hashed_events.address_key = given_again.address_key
            )

    where given_again.customer_key is null

),

unioned as (

    select
        channel,
        refusal_reason,
        customer_key,
        email_spelling_key,
        phone_spelling_key,
        cast(null as date) as refused_on
    from stated

    union all

    select
        channel,
        'consent_refused' as refusal_reason,
        customer_key,
        email_spelling_key,
        phone_spelling_key,
        {{ segmentation.day_of('decided_at') }} as refused_on
    from consents
    where is_refusal

    union all

    select
        'email' as channel,
        refusal_reason,
        customer_key,
        email_spelling_key,
        cast(null as {{ string }}) as phone_spelling_key,
        refused_on
    from standing_events

),

identified as (

    select
        *,
        {{ dbt.hash(segmentation.fingerprint_text([
            'channel', 'refusal_reason', 'customer_key', 'email_spelling_key', 'phone_spelling_key',
            'refused_on',
        ])) }} as refusal_id

    from unioned

)

select
    refusal_id,
    channel,
    refusal_reason,
    customer_key,
    email_spelling_key,
    phone_spelling_key,
    refused_on,
    cast(count(*) as {{ dbt.type_bigint() }}) as n_rows

from identified

group by
    refusal_id,
    channel,
    refusal_reason,
    customer_key,
    email_spelling_key,
    phone_spelling_key,
    refused_on
