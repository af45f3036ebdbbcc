-- One row per customer and channel that the customer refuses, or anybody who shares an
-- address or a telephone number with one of the customer's rows: the first day on which
-- the channel is closed. A refusal without a day closes it for all time.
{% set always = "cast('0001-01-01' as date)" %}
with

refusals as (

    select * from {{ ref('int_refusals__collected') }}

),

customers as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

dated as (

    select
        channel,
        customer_key,
        address_key,
        phone_key,
        coalesce(refused_on, {{ always }}) as refused_on,
        case
            when refusal_reason in ('unsubscribe', 'complaint', 'bounce')
                then coalesce(refused_on, {{ always }})
        end as withdrawn_on

    from refusals

),

contacts as (

    select
        customer_key,
        'address ' || address_key as contact_key
    from customers
    where
        customer_key is not null
        and address_key is not null

    union

    select
        customer_key,
        'phone ' || phone_key as contact_key
    from customers
    where
        customer_key is not null
        and phone_key is not null

),

by_customer as (

    select
        channel,
        customer_key,
        min(refused_on) as refused_on,
        min(withdrawn_on) as withdrawn_on

    from dated

    where customer_key is not null

    group by
        channel,
        customer_key

),

refused_contacts as (

    -- those of the row that refuses, and all others of the customer who does
    select
        channel,
        'address ' || address_key as contact_key,
        refused_on,
        withdrawn_on
    from dated
    where address_key is not null

    union all

    select
        channel,
        'phone ' || phone_key as contact_key,
        refused_on,
        withdrawn_on
    from dated
    where phone_key is not null

    union all

    select
        by_customer.channel,
        contacts.contact_key,
        by_customer.refused_on,
        by_customer.withdrawn_on
    from by_customer

    inner join contacts
        on by_customer.customer_key = contacts.customer_key

),

by_contact as (

    select
        channel,
        contact_key,
        min(refused_on) as refused_on,
        min(withdrawn_on) as withdrawn_on

    from refused_contacts

    group by
        channel,
        contact_key

),

matched as (

    select
        channel,
        customer_key,
        refused_on,
        withdrawn_on
    from by_customer

    union all

    select
        by_contact.channel,
        contacts.customer_key,
        by_contact.refused_on,
        by_contact.withdrawn_on
    from by_contact

    inner join contacts
        on by_contact.contact_key = contacts.contact_key

)

select
    customer_key,
    channel,
    min(refused_on) as refused_on,
    min(withdrawn_on) as withdrawn_on

from matched

group by
    customer_key,
    channel
