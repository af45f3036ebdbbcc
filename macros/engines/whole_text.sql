{#- A number rounded to a whole one, as text without decimals.

    Argument: `value`, SQL of a number within the range of a big integer. -#}
{% macro whole_text(value) %}
    {{- return(
        'cast(cast(round(' ~ value ~ ', 0) as ' ~ dbt.type_bigint() ~ ') as '
        ~ dbt.type_string() ~ ')'
    ) -}}
{% endmacro %}
