-- One row per entity that has keys that repeat: how many, and how many of them stand
-- with more than one order or customer, so that they are no keys of all the entity.
{% set keys = [
    ('orders', 'order_id', 'customer_id'),
    ('order_lines', "order_id || '|' || order_line_id", 'product_id'),
    ('refunds', 'refund_id', 'order_id'),
    ('web_events', 'web_event_id', 'customer_id'),
    ('email_events', 'email_event_id', 'customer_id'),
    ('tickets', 'ticket_id', 'customer_id'),
    ('reviews', 'review_id', 'customer_id'),
] %}
with

{% for entity, key, owner in keys %}
    {{ entity }} as (

        select
            {{ key }} as row_key,
            {{ owner }} as owner_id,
            copy_number

        from {{ ref('int_' ~ entity ~ '__checked') }}

    ),

    further_{{ entity }} as (

        select distinct row_key
        from {{ entity }}
        where copy_number > 1

    ),

{% endfor %}
rows_of_repeated_keys as (

    {% for entity, key, owner in keys %}
        select
            '{{ entity }}' as entity,
            '{{ owner | replace("_id", "") }}' as key_owner,
            {{ entity }}.row_key,
            {{ entity }}.owner_id
        from {{ entity }}
        inner join further_{{ entity }}
            on {{ entity }}.row_key = further_{{ entity }}.row_key
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

repeated_keys as (

    select
        entity,
        key_owner,
        row_key,
        min(owner_id) != max(owner_id) as has_several_owners

    from rows_of_repeated_keys

    group by
        entity,
        key_owner,
        row_key

)

select
    entity,
    key_owner,
    count(*) as n_repeated_keys,
    cast(
        sum(case when has_several_owners then 1 else 0 end) as {{ dbt.type_bigint() }}
    ) as n_shared_keys

from repeated_keys

group by
    entity,
    key_owner
