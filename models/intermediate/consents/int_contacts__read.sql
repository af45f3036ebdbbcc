-- One row per text that stands for an address or a telephone number, in the rows of
-- customers or in refusals, and contact that it names: the address, its mailbox, the
-- number, and how the number ends. Texts are read whatever column they stand in.
{% set n_parts = 50 %}
with

customers as (

    select * from {{ ref('int_customers__united') }}

),

consents as (

    select * from {{ ref('int_consents__united') }}

),

email_events as (

    select * from {{ ref('int_email_events__united') }}

),

decisions as (

    {{ segmentation.words_of('consents', 'decision') }}

),

words as (

    {{ segmentation.words_of('email_events', 'event_type') }}

),

refusing_consents as (

    select consents.*

    from consents

    left join decisions
        on consents.decision = decisions.spelling

    where coalesce(decisions.meaning, 'no') not in ('yes', 'none')

),

refusing_events as (

    select email_events.*

    from email_events

    left join words
        on email_events.event_type = words.spelling

    where
        (email_events.email is not null or email_events.customer_id like '%@%')
        and coalesce(words.meaning, 'none') {{ segmentation.is_refusing_event() }}

),

texts as (

    select email as spelling
    from customers

    union

    select phone as spelling
    from customers

    union

    select email as spelling
    from refusing_consents

    union

    select phone as spelling
    from refusing_consents

    union

    select email as spelling
    from refusing_events

    {% for rows in ['customers', 'refusing_consents', 'refusing_events'] %}
        union

        -- an address may be the customer's id
        select {{ segmentation.to_id('customer_id') }} as spelling
        from {{ rows }}
        where customer_id like '%@%'
    {% endfor %}

),

plain as (

    select
        {{ segmentation.spelling_key('spelling') }} as spelling_key,
        {{ segmentation.plain_signs('spelling') }} as signs

    from texts

    where spelling is not null

),

judged as (

    select
        *,
        {{ segmentation.is_plausible_address('signs') }} as is_address,
        {{ segmentation.matches('signs', '[+]?[0-9 ()-]+') }} as is_number,
        {{ segmentation.matches('signs', '[0-9a-f]{64}') }} as is_hash

    from plain

    where signs is not null

),

parted as (

    select
        spelling_key,
        case
            when is_address then signs
            when not is_number and not is_hash
                then {{ segmentation.words_of_addresses('signs') }}
        end as addresses,
        case
            when is_number then replace(signs, '(0)', '')
            when not is_address and not is_hash
                then {{ segmentation.numbers_of_phones('signs') }}
        end as numbers

    from judged

),

places as (

    {% for place in range(1, n_parts + 1) %}
        select {{ place }} as place
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

counted as (

    select
        *,
        length(addresses) - length(replace(addresses, ' ', '')) + 1 as n_words,
        length(numbers) - length(replace(numbers, ';', '')) + 1 as n_numbers

    from parted

),

words_of_texts as (

    select
        counted.spelling_key,
        {{ segmentation.part_of_text('counted.addresses', "' '", 'places.place') }}
            as address

    from counted

    inner join places
        on counted.n_words >= places.place

    where counted.addresses like '%@%'

),

addresses as (

    select
        *,
        {{ segmentation.mailbox('address') }} as mailbox

    from words_of_texts

    where {{ segmentation.matches('address', '[^@]+@[^@.][^@]*[.][^@.]+') }}

),

{{ segmentation.numbers_of_texts('counted', 'places') }},

named as (

    select
        spelling_key,
        {{ segmentation.contact_hash('address') }} as contact,
        true as is_enough
    from addresses

    union all

    select
        spelling_key,
        {{ segmentation.contact_hash('mailbox') }} as contact,
        true as is_enough
    from addresses
    where mailbox != address

    union all

    -- what is no address can be the SHA-256 of one
    select
        spelling_key,
        {{ segmentation.keyed_hash('signs') }} as contact,
        true as is_enough
    from judged
    where is_hash

    union all

    select
        spelling_key,
        {{ segmentation.contact_hash('digits') }} as contact,
        true as is_enough
    from plausible

    {% for n_last, is_enough in {
        8: 'not has_country_code', 7: 'length(digits) = 7 and not has_country_code'
    }.items() %}
        union all

        select
            spelling_key,
            {{ dbt.concat([
                "'ends with '",
                segmentation.keyed_hash(
                    'substr(digits, length(digits) - ' ~ (n_last - 1) ~ ')'
                ),
            ]) }} as contact,
            {{ is_enough }} as is_enough
        from plausible
        where length(digits) >= {{ n_last }}
    {% endfor %}

    union all

    -- what names nobody for sure: too few digits or too many, or more than is read
    select
        spelling_key,
        'in part' as contact,
        false as is_enough
    from plausible
    where length(digits) not between 7 and 15

    union all

    select
        spelling_key,
        'in part' as contact,
        false as is_enough
    from counted
    where
        (addresses like '%@%' and n_words > {{ n_parts }})
        or n_numbers > {{ n_parts }}

)

select
    spelling_key,
    contact,
    max(case when is_enough then 1 else 0 end) = 1 as is_enough

from named

group by
    spelling_key,
    contact
