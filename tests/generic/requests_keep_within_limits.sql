{#- Requests that a tool would refuse because of their rows or bytes, and rows because of
    theirs.

    Arguments: `model`, a table of rows for the tool; `tool`, a key of esp_limits. -#}
{% test requests_keep_within_limits(model, tool) %}
    {%- set limits = segmentation.esp_limits()[tool] %}

    select
        changed_at,
        batch_number,
        count(*) as n_rows,
        sum(payload_bytes + 1) as n_bytes

    from {{ model }}

    where is_sendable

    group by
        changed_at,
        case when operation = 'upsert' then 1 else 0 end,
        batch_number

    having
        count(*) > {{ limits.rows }}
        or sum(payload_bytes + 1) > {{ limits.bytes - 1000 }}
        or max(payload_bytes) > {{ limits.row_bytes }}

{% endtest %}
