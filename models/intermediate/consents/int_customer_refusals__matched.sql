-- One row per customer and channel that the customer refuses, or anybody who shares an
-- address, a mailbox or a telephone number with one of the customer's rows: the first
-- day on which the channel is closed. A refusal without a day closes it for all time.
{% set always = "cast('0001-01-01' as date)" %}
with

refusals as (

    select * from {{ ref('int_refusals__collected') }}

),

numbered as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

contacts as (

    select * from {{ ref('int_contacts__read') }}
    where contact != 'in part'

),

dated as (

    select
        *,
        {{ segmentation.person_key('customer_key') }} as person_key,
        coalesce(refused_on, {{ always }}) as closed_on,
        case
            when refusal_reason in ('unsubscribe', 'complaint', 'bounce')
                then coalesce(refused_on, {{ always }})
        end as withdrawn_on

    from refusals

),

customers as (

    select
        *,
        {{ segmentation.person_key('customer_key') }} as person_key

    from numbered

    where customer_key is not null

),

people as (

    -- ids that differ in case or in noughts before them may be one person's
    select distinct
        customer_key,
        person_key

    from customers

),

texts as (

    select
        person_key,
        email_spelling_key as spelling_key
    from customers

    union

    select
        person_key,
        phone_spelling_key as spelling_key
    from customers

    union

    select
        person_key,
        {{ segmentation.spelling_key('customer_key') }} as spelling_key
    from people
    where customer_key like '%@%'

),

contacts_of_people as (

    select
        texts.person_key,
        contacts.contact,
        max(case when contacts.is_enough then 1 else 0 end) as is_enough

    from texts

    inner join contacts
        on texts.spelling_key = contacts.spelling_key

    group by
        texts.person_key,
        contacts.contact

),

by_person as (

    select
        channel,
        person_key,
        min(closed_on) as refused_on,
        min(withdrawn_on) as withdrawn_on

    from dated

    where customer_key is not null

    group by
        channel,
        person_key

),

refusing_texts as (

    select
        channel,
        email_spelling_key as spelling_key,
        closed_on,
        withdrawn_on
    from dated

    union all

    select
        channel,
        phone_spelling_key as spelling_key,
        closed_on,
        withdrawn_on
    from dated

    union all

    select
        channel,
        {{ segmentation.spelling_key('customer_key') }} as spelling_key,
        closed_on,
        withdrawn_on
    from dated
    where customer_key like '%@%'

),

by_text as (

    select
        channel,
        spelling_key,
        min(closed_on) as refused_on,
        min(withdrawn_on) as withdrawn_on

    from refusing_texts

    where spelling_key is not null

    group by
        channel,
        spelling_key

),

refused_contacts as (

    -- those of the row that refuses, and all others of the customer who does
    select
        by_text.channel,
        contacts.contact,
        case when contacts.is_enough then 1 else 0 end as is_enough,
        by_text.refused_on,
        by_text.withdrawn_on
    from by_text

    inner join contacts
        on by_text.spelling_key = contacts.spelling_key

    union all

    select
        by_person.channel,
        contacts_of_people.contact,
        contacts_of_people.is_enough,
        by_person.refused_on,
        by_person.withdrawn_on
    from by_person

    inner join contacts_of_people
        on by_person.person_key = contacts_of_people.person_key

),

by_contact as (

    select
        channel,
        contact,
        is_enough,
        min(refused_on) as refused_on,
        min(withdrawn_on) as withdrawn_on

    from refused_contacts

    group by
        channel,
        contact,
        is_enough

),

matched as (

    select
        channel,
        person_key,
        refused_on,
        withdrawn_on
    from by_person

    union all

    select
        by_contact.channel,
        contacts_of_people.person_key,
        by_contact.refused_on,
        by_contact.withdrawn_on
    from by_contact

    -- the ends of two numbers that both have their country's code say nothing
    inner join contacts_of_people
        on
            by_contact.contact = contacts_of_people.contact
            and by_contact.is_enough + contacts_of_people.is_enough > 0

),

closed as (

    select
        channel,
        person_key,
        min(refused_on) as refused_on,
        min(withdrawn_on) as withdrawn_on

    from matched

    group by
        channel,
        person_key

)

select
    people.customer_key,
    closed.channel,
    closed.refused_on,
    closed.withdrawn_on

from closed

inner join people
    on closed.person_key = people.person_key
