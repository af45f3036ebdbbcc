-- One row per column of the inputs that holds words, and word in it, with its meaning.
-- The build stops here at a word without one that could be a refusal, and tells others.
{{ config(post_hook="{{ segmentation.stop_at_unknown_words(this) }}") }}
{% set columns = [
    ('customers', 'email_consent', 'has_email_consent', 'consent'),
    ('customers', 'sms_consent', 'has_sms_consent', 'consent'),
    ('customers', 'push_consent', 'has_push_consent', 'consent'),
    ('customers', 'test_account', 'is_test_account', 'boolean'),
    ('consents', 'channel', 'channel', 'channel'),
    ('consents', 'decision', 'decision', 'consent'),
    ('email_events', 'event_type', 'event_type', 'email_event_type'),
    ('tickets', 'complaint', 'is_complaint', 'boolean'),
    ('orders', 'status', 'status', 'order_status'),
    ('order_lines', 'line_type', 'line_type', 'line_type'),
    ('web_events', 'event_type', 'event_type', 'web_event_type'),
    ('campaign_members', 'arm', 'arm', 'arm'),
    ('campaign_members', 'channel', 'channel', 'channel'),
] %}
with

{% for entity in columns | map(attribute=0) | unique %}
    {{ entity }} as (

        select * from {{ ref('int_' ~ entity ~ '__united') }}

    ),

{% endfor %}
words as (

    select * from {{ ref('int_words__normalised') }}

),

spelt as (

    {% for entity, column, name, enumeration in columns %}
        select
            '{{ entity }}' as entity,
            '{{ name }}' as column_name,
            '{{ enumeration }}' as enumeration,
            {{ column }} as spelling,
            count(*) as n_rows
        from {{ entity }}
        where {{ column }} is not null
        group by {{ column }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

normalised as (

    select
        *,
        {{ segmentation.word('spelling') }} as word

    from spelt

)

select
    normalised.entity,
    normalised.column_name,
    normalised.enumeration,
    normalised.spelling,
    normalised.n_rows,
    case when normalised.word is null then 'none' else words.meaning end as meaning

from normalised

left join words
    on
        normalised.enumeration = words.enumeration
        and normalised.word = words.word
