{#- Aggregate expression: a text that tells one set of rows from another, whatever their
    order. A sum, and not a bitwise exclusive or, which rows that are there twice drop out
    of. It is compared within a database alone.

    Argument: `columns`, of types that fingerprint_text takes, and whole numbers. -#}
{% macro fingerprint_of_rows(columns) %}
    {{- return(adapter.dispatch('fingerprint_of_rows', 'segmentation')(columns)) -}}
{% endmacro %}

{% macro default__fingerprint_of_rows(columns) %}
    {%- set digest = dbt.hash(segmentation.fingerprint_text(columns)) -%}
    {%- set parts = ['count(*)'] -%}
    {%- for first_digit in [1, 8] -%}
        {%- do parts.append(
            'sum(cast(' ~ segmentation.hex_to_integer(
                'substr(' ~ digest ~ ', ' ~ first_digit ~ ', 7)'
            ) ~ ' as ' ~ dbt.type_bigint() ~ '))'
        ) -%}
    {%- endfor -%}
    {%- set texts = [] -%}
    {%- for part in parts -%}
        {%- do texts.append('cast(' ~ part ~ ' as ' ~ dbt.type_string() ~ ')') -%}
    {%- endfor -%}
    {{- return(texts | join(" || '|' || ")) -}}
{% endmacro %}

{% macro duckdb__fingerprint_of_rows(columns) %}
    {{- return(
        "cast(count(*) as varchar) || '|' || cast(sum(hash("
        ~ columns | join(', ') ~ ')) as varchar)'
    ) -}}
{% endmacro %}
