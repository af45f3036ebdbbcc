{#- A text, unless it is a whole number written with the decimals .0: then without them. -#}
{% macro without_point_zero(text) %}
    {{- return(adapter.dispatch('without_point_zero', 'segmentation')(text)) -}}
{% endmacro %}

{% macro default__without_point_zero(text) %}
    {{- return('regexp_replace(' ~ text ~ ", '^([0-9]+)[.]0$', '\\1')") -}}
{% endmacro %}

{% macro spark__without_point_zero(text) %}
    {{- return('regexp_replace(' ~ text ~ ", '^([0-9]+)[.]0$', '$1')") -}}
{% endmacro %}

{#- where a backslash in a plain text begins a sign of its own -#}
{% macro bigquery__without_point_zero(text) %}
    {{- return('regexp_replace(' ~ text ~ ", '^([0-9]+)[.]0$', r'\\1')") -}}
{% endmacro %}
