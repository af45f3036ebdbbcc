{#- The digits of a text, without all else. Argument: `value`, SQL of a text. -#}
{% macro only_digits(value) %}
    {{- return(adapter.dispatch('only_digits', 'segmentation')(value)) -}}
{% endmacro %}

{#- replaces every match without being told to -#}
{% macro default__only_digits(value) %}
    {{- return('regexp_replace(' ~ value ~ ", '[^0-9]', '')") -}}
{% endmacro %}

{% macro duckdb__only_digits(value) %}
    {{- return('regexp_replace(' ~ value ~ ", '[^0-9]', '', 'g')") -}}
{% endmacro %}

{% macro postgres__only_digits(value) %}
    {{- return(segmentation.duckdb__only_digits(value)) -}}
{% endmacro %}
