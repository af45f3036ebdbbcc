{#- The length of a text in bytes of UTF-8. -#}
{% macro octets(text) %}
    {{- return(adapter.dispatch('octets', 'segmentation')(text)) -}}
{% endmacro %}

{% macro default__octets(text) %}{{ return('octet_length(' ~ text ~ ')') }}{% endmacro %}
{% macro duckdb__octets(text) %}{{ return('strlen(' ~ text ~ ')') }}{% endmacro %}
{% macro bigquery__octets(text) %}{{ return('byte_length(' ~ text ~ ')') }}{% endmacro %}


{#- The character of a code point below 128. Argument: `code`, a number. -#}
{% macro character(code) %}
    {{- return(adapter.dispatch('character', 'segmentation')(code)) -}}
{% endmacro %}

{% macro default__character(code) %}{{ return('chr(' ~ code ~ ')') }}{% endmacro %}
