{#- Values that the other model's column does not have; as dbt's own test of this name, but
    that it passes while the other model has not been built. -#}
{% test relationships(model, column_name, to, field) %}

    {% call segmentation.if_all_are_built() %}

    select child.{{ column_name }} as from_field

    from {{ model }} as child

    left join {{ to }} as parent
        on child.{{ column_name }} = parent.{{ field }}

    where
        child.{{ column_name }} is not null
        and parent.{{ field }} is null

    {% endcall %}

{% endtest %}
