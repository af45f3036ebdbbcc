{#- Common table expressions of a model after `events`, `customers`, `owners` and `words`:
    whose each event is, and what is wrong with it that is wrong with any.

    Arguments: `entity`, web_events or email_events; `key`, the column of its key. Of the
    expressions before, `events` has the columns of the entity's staging contract,
    `customers` those of int_customers__checked, `owners` those of int_addresses__owned and
    `words` the spellings of event_type. The last one, `judged`, adds meaning, owner_id,
    occurred_on, source_day (the day, known or not) and common_reason, null of what is
    right. -#}
{% macro owned_events(entity, key) %}
known_customers as (

    select
        customer_id,
        reject_reason

    from customers

    where copy_number = 1

),

addressed as (

    select
        *,
        {{ segmentation.address_key(segmentation.email_address('email')) }} as address

    from events

),

hashed as (

    select
        *,
        {{ segmentation.address_hash('address') }} as address_key

    from addressed

),

looked_up as (

    select
        hashed.*,
        words.meaning,
        -- whoever is not known by an id may be by an address
        case
            when known_customers.customer_id is null
                then coalesce(owners.customer_id, hashed.customer_id)
            else hashed.customer_id
        end as owner_id,
        coalesce(known_customers.customer_id, owners.customer_id) is not null
            as has_customer,
        known_customers.reject_reason as customer_reject_reason

    from hashed

    left join known_customers
        on hashed.customer_id = known_customers.customer_id

    left join owners
        on hashed.address_key = owners.address_key

    left join words
        on hashed.event_type = words.spelling

),

judged as (

    select
        *,
        {{ segmentation.day_of('occurred_at') }} as occurred_on,
        coalesce(
            {{ segmentation.day_of('occurred_at') }}, {{ segmentation.end_of_time() }}
        ) as source_day,
        case
            when {{ key }} is null or trim({{ key }}) = '' then 'missing_key'
            when coalesce(trim(owner_id), '') = '' and address is null then 'guest'
            when not has_customer then 'unknown_customer'
            when customer_reject_reason is not null then customer_reject_reason
            when occurred_at is null then 'missing_date'
            when occurred_at > {{ segmentation.extracted_at() }} then 'future_date'
            when {{ segmentation.is_out_of_range(entity, 'occurred_at') }}
                then 'implausible_date'
        end as common_reason

    from looked_up

)
{%- endmacro %}
