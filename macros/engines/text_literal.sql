{#- Text from a variable as an SQL literal, quotes in it included. -#}
{% macro text_literal(text) %}
    {{- return("'" ~ dbt.escape_single_quotes(text | string) ~ "'") -}}
{% endmacro %}
