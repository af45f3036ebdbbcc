-- One row per customer row received, rejected or not, numbered within its customer,
-- with its consents as they are meant and its address and number as hashes.
{% set flags = {
    'email_consent': 'has_email_consent',
    'sms_consent': 'has_sms_consent',
    'push_consent': 'has_push_consent',
    'test_account': 'is_test_account',
} %}
with

customers as (

    select * from {{ ref('int_customers__united') }}

),

consents as (

    select * from {{ ref('int_consents__read') }}

),

given as (

    -- where it was given more than once, since the first day; of which one is unknown,
    -- so is the day
    select
        contact_key,
        channel,
        case when count(*) = count(decided_at) then min(decided_at) end as given_at

    from consents

    where
        not is_refusal
        and contact_key is not null

    group by
        contact_key,
        channel

),

given_by_contact as (

    select
        contact_key,
        {% for channel in ['email', 'sms', 'push'] %}
            max(case when channel = '{{ channel }}' then 1 else 0 end) = 1
                as is_{{ channel }}_given,
            max(case when channel = '{{ channel }}' then given_at end)
                as {{ channel }}_given_at
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from given

    group by contact_key

),

{% for column, flag in flags.items() %}
    {{ column }}_words as (

        {{ segmentation.words_of('customers', flag) }}

    ),

{% endfor %}
normalised as (

    select
        *,
        {{ segmentation.to_id('customer_id') }} as customer_key,
        {{ segmentation.email_address('email') }} as address,
        {{ segmentation.phone_digits('phone') }} as digits

    from customers

),

keyed as (

    select
        *,
        {{ segmentation.address_key('address') }} as bare_address

    from normalised

),

judged as (

    select
        keyed.*,
        coalesce({{ segmentation.is_plausible_address('address') }}, false)
            as is_address_plausible,
        coalesce({{ segmentation.is_plausible_address('bare_address') }}, false)
            as is_key_plausible,
        coalesce({{ segmentation.is_plausible_phone('phone', 'digits') }}, false)
            as has_phone,
        {% for column, flag in flags.items() %}
            -- a word that is not understood is no consent, and marks a test account
            case
                when {{ column }}_words.meaning = 'yes' then true
                when {{ column }}_words.meaning = 'no' then false
                when {{ column }}_words.meaning = 'none' then null
                when {{ column }} is not null
                    then {{ 'true' if column == 'test_account' else 'false' }}
            end as {{ flag }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from keyed

    {% for column, flag in flags.items() %}
        left join {{ column }}_words
            on keyed.{{ column }} = {{ column }}_words.spelling
    {% endfor %}

),

hashed as (

    select
        *,
        case
            when is_key_plausible then {{ segmentation.contact_hash('bare_address') }}
        end as address_key,
        case when has_phone then {{ segmentation.contact_hash('digits') }} end
            as phone_key,
        {{ segmentation.spelling_key('email') }} as email_spelling_key,
        {{ segmentation.spelling_key('phone') }} as phone_spelling_key

    from judged

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by
                -- what the connector itself rejects gives way to what it accepts
                connector_reject_reason asc nulls first,
                first_seen_at asc nulls last,
                email asc nulls last,
                phone asc nulls last,
                country asc nulls last,
                state asc nulls last,
                city asc nulls last,
                birth_date asc nulls last,
                gender asc nulls last,
                -- of rows that differ in consent alone, the one that has less of it
                case when is_erased then 0 else 1 end asc,
                case when is_test_account then 0 else 1 end asc,
                case when has_email_consent then 1 else 0 end asc,
                case when has_sms_consent then 1 else 0 end asc,
                case when has_push_consent then 1 else 0 end asc,
                email_consent_at desc nulls first,
                sms_consent_at desc nulls first,
                push_consent_at desc nulls first
        ) as copy_number

    from hashed

),

permitted as (

    -- what the row itself says nothing of may have been given elsewhere: for its
    -- address, for its number, or by the customer
    select
        numbered.*,
        {% for channel, contact in {
            'email': 'by_address', 'sms': 'by_phone', 'push': 'by_customer'
        }.items() %}
            coalesce({{ contact }}.is_{{ channel }}_given, false)
            or coalesce(by_customer.is_{{ channel }}_given, false)
                as is_{{ channel }}_given,
            case
                when {{ contact }}.is_{{ channel }}_given
                    then {{ contact }}.{{ channel }}_given_at
                else by_customer.{{ channel }}_given_at
            end as {{ channel }}_given_at
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from numbered

    left join given_by_contact as by_address
        on 'address ' || numbered.address_key = by_address.contact_key

    left join given_by_contact as by_phone
        on 'phone ' || numbered.phone_key = by_phone.contact_key

    left join given_by_contact as by_customer
        on 'customer ' || numbered.customer_key = by_customer.contact_key

)

select
    -- ids
    customer_id,
    customer_key,
    case when is_address_plausible then {{ segmentation.contact_hash('address') }} end
        as email_sha256,
    case when is_address_plausible then {{ dbt.hash('address') }} end as email_md5,
    address_key,
    phone_key,
    email_spelling_key,
    phone_spelling_key,

    -- strings
    connector_reject_reason,
    lower(trim(gender)) as gender,
    country,
    state,
    city,

    -- numerics
    copy_number,
    age,

    -- booleans
    {% for channel in ['email', 'sms', 'push'] %}
        case
            when has_{{ channel }}_consent is null and is_{{ channel }}_given then true
            else has_{{ channel }}_consent
        end as has_{{ channel }}_consent,
    {% endfor %}
    is_test_account,
    is_erased,
    address is not null and not is_address_plausible as has_invalid_address,
    has_phone,

    -- timestamps
    birth_date,
    first_seen_at,
    {% for channel in ['email', 'sms', 'push'] %}
        case
            when has_{{ channel }}_consent is null and is_{{ channel }}_given
                then {{ channel }}_given_at
            else
                {{ segmentation.within_range('customers', channel ~ '_consent_at') }}
        end as {{ channel }}_consent_at,
    {% endfor %}
    erased_at,
    -- whichever of the rows bears it
    min(erased_at) over (partition by customer_id) as customer_erased_at

from permitted
