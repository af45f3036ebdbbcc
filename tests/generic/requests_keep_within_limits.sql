{#- Requests that a tool would refuse because of their rows or bytes, and rows because of
    theirs.

    Arguments: `model`, a table of rows for the tool; `tool`, one of
    segmentation_esp_operations. -#}
{% test requests_keep_within_limits(model, tool) %}

    {% call segmentation.if_all_are_built() %}

    select
        sendable.changed_at,
        sendable.operation,
        sendable.batch_number

    from {{ model }} as sendable

    left join {{ ref('segmentation', 'segmentation_esp_operations') }} as limits
        on
            limits.tool = '{{ tool }}'
            and {{ segmentation.limited_as('sendable.operation') }} = limits.operation

    where sendable.is_sendable

    group by
        sendable.changed_at,
        sendable.operation,
        sendable.batch_number

    having
        count(*) > coalesce(max(limits.rows_per_request), 0)
        or sum(sendable.payload_bytes + 1) > max(limits.bytes_per_request) - 1000
        or max(sendable.payload_bytes) > max(limits.bytes_per_row)

    {% endcall %}

{% endtest %}
