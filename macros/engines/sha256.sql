{#- SHA-256 of a text as 64 lower-case hexadecimal digits; null of null. -#}
{% macro sha256(text) %}
    {{- return(adapter.dispatch('sha256', 'segmentation')(text)) -}}
{% endmacro %}

{% macro default__sha256(text) %}{{ return('sha256(' ~ text ~ ')') }}{% endmacro %}
{% macro spark__sha256(text) %}{{ return('sha2(' ~ text ~ ', 256)') }}{% endmacro %}
{% macro redshift__sha256(text) %}{{ return('sha2(' ~ text ~ ', 256)') }}{% endmacro %}
{% macro snowflake__sha256(text) %}{{ return('sha2(' ~ text ~ ', 256)') }}{% endmacro %}
{% macro postgres__sha256(text) %}
    {{- return("encode(sha256(convert_to(" ~ text ~ ", 'UTF8')), 'hex')") -}}
{% endmacro %}
{% macro bigquery__sha256(text) %}{{ return('to_hex(sha256(' ~ text ~ '))') }}{% endmacro %}
