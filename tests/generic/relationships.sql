{#- Values that the other model's column does not have; as dbt's own test of this name, but
    that it passes while the other model has not been built. -#}
{% test relationships(model, column_name, to, field) %}

    {% call segmentation.if_all_are_built() %}

    with

    child as (

        {# a test with a condition reads a query, which takes no alias here #}
        select {{ column_name }} as from_field
        from {{ model }}
        where {{ column_name }} is not null

    ),

    parent as (

        select {{ field }} as to_field
        from {{ to }}

    )

    select child.from_field

    from child

    left join parent
        on child.from_field = parent.to_field

    where parent.to_field is null

    {% endcall %}

{% endtest %}
