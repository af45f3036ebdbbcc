{#- Columns of a table that hold what they must not: nulls, values out of range, values
    that are none of a list; one row each, with the number of rows at fault and the least
    of the values. All are counted in one scan, and one node stands for what would be one
    per column. What failed is named at the end of the run by name_invalid_columns.

    Arguments: `never_null`, a list of columns; `ranges`, {column: {min_value, max_value}},
    of which one may be left out; `values`, {column: list of values}. Nulls are within
    every range and list. -#}
{% test columns_are_valid(model, never_null=[], ranges={}, values={}) %}
    {%- set checks = [] -%}
    {%- for column in never_null -%}
        {%- do checks.append((column, 'is null', column ~ ' is null')) -%}
    {%- endfor -%}
    {%- for column, range in ranges.items() -%}
        {%- if range.min_value is defined -%}
            {%- do checks.append((
                column, 'is below ' ~ range.min_value, column ~ ' < ' ~ range.min_value
            )) -%}
        {%- endif -%}
        {%- if range.max_value is defined -%}
            {%- do checks.append((
                column, 'is above ' ~ range.max_value, column ~ ' > ' ~ range.max_value
            )) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column, allowed in values.items() -%}
        {%- set literals = [] -%}
        {%- for value in allowed -%}
            {%- do literals.append(
                value if value is number else segmentation.text_literal(value)
            ) -%}
        {%- endfor -%}
        {%- do checks.append((
            column, 'is none of ' ~ allowed | join(', '),
            column ~ ' not in (' ~ literals | join(', ') ~ ')'
        )) -%}
    {%- endfor %}

    with

    counted as (

        select
            {%- for column, fault, condition in checks %}
                sum(case when {{ condition }} then 1 else 0 end) as n_{{ loop.index }},
                min(
                    case when {{ condition }}
                        then cast({{ column }} as {{ dbt.type_string() }})
                    end
                ) as example_{{ loop.index }},
            {%- endfor %}
            count(*) as n_rows

        from {{ model }}

    ),

    checks as (

        {% for column, fault, condition in checks %}
            select
                {{ loop.index }} as check_number,
                {{ segmentation.text_literal(column) }} as column_name,
                {{ segmentation.text_literal(fault) }} as fault
            {% if not loop.last %}union all{% endif %}
        {% endfor %}

    ),

    judged as (

        select
            checks.column_name,
            checks.fault,
            counted.n_rows,
            case checks.check_number
                {%- for check in checks %}
                    when {{ loop.index }} then counted.n_{{ loop.index }}
                {%- endfor %}
            end as n_faulty,
            case checks.check_number
                {%- for check in checks %}
                    when {{ loop.index }} then counted.example_{{ loop.index }}
                {%- endfor %}
            end as example

        from counted

        cross join checks

    )

    select column_name, fault, n_faulty, n_rows, example
    from judged
    where n_faulty > 0

{% endtest %}
