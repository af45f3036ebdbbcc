{#- Rows for which a condition does not hold; a condition that is null does not hold. -#}
{% test expression_is_true(model, expression) %}

    select *
    from {{ model }}
    where not coalesce({{ expression }}, false)

{% endtest %}
