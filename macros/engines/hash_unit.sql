{#- A number in [0, 1) read from an MD5 digest; the same on every engine.

    Arguments: `digest`, 32 hexadecimal digits (see dbt.hash); `slot`, 0 to 3: which 28
    of its 128 bits are read, so that one digest gives four independent draws. -#}
{% macro hash_unit(digest, slot=0) %}
    {%- set digits = 'substr(' ~ digest ~ ', ' ~ (1 + 7 * slot) ~ ', 7)' -%}
    {{- return('((' ~ segmentation.hex_to_integer(digits) ~ ') / 268435456.0e0)') -}}
{% endmacro %}


{#- Up to seven hexadecimal digits as an integer. -#}
{% macro hex_to_integer(digits) %}
    {{- return(adapter.dispatch('hex_to_integer', 'segmentation')(digits)) -}}
{% endmacro %}

{% macro default__hex_to_integer(digits) %}
    {{- return("cast('0x' || " ~ digits ~ ' as ' ~ dbt.type_int() ~ ')') -}}
{% endmacro %}

{% macro spark__hex_to_integer(digits) %}
    {{- return('cast(conv(' ~ digits ~ ', 16, 10) as int)') -}}
{% endmacro %}

{% macro postgres__hex_to_integer(digits) %}
    {{- return("('x' || lpad(" ~ digits ~ ", 8, '0'))::bit(32)::int") -}}
{% endmacro %}

{% macro snowflake__hex_to_integer(digits) %}
    {{- return('to_number(' ~ digits ~ ", 'XXXXXXX')") -}}
{% endmacro %}

{% macro redshift__hex_to_integer(digits) %}
    {{- return('strtol(' ~ digits ~ ', 16)') -}}
{% endmacro %}


{#- A number in [0, 1) that a salt and a key decide: the same in every run, and of two
    salts independent.

    Arguments: `salt`, `key`, SQL of texts. -#}
{% macro salted_unit(salt, key) %}
    {{- return(segmentation.hash_unit(dbt.hash(salt ~ " || '|' || " ~ key))) -}}
{% endmacro %}
