{#- Rows for a tool that could be sent though they must not be, or that are held back
    without a reason. -#}
{% test a_row_is_sent_or_says_why_not(model) %}

    select *
    from {{ model }}
    where
        is_sendable != (unsendable_reason is null)
        or is_sendable != (payload_json is not null)
        or is_sendable != (batch_number is not null)
        or (is_sendable and not is_within_limit)
        or (is_sendable and operation = 'upsert' and not has_consent)

{% endtest %}
