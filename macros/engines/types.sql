{#- 64-bit floating point: dbt.type_float is 32-bit on DuckDB and Spark. -#}
{% macro type_double() %}
    {{- return(adapter.dispatch('type_double', 'segmentation')()) -}}
{% endmacro %}

{% macro default__type_double() %}{{ return('double precision') }}{% endmacro %}
{% macro duckdb__type_double() %}{{ return('double') }}{% endmacro %}
{% macro spark__type_double() %}{{ return('double') }}{% endmacro %}
{% macro bigquery__type_double() %}{{ return('float64') }}{% endmacro %}


{#- Money and quantities: exact, four decimals, 64 bits wide where the engine has it. -#}
{% macro type_money() %}
    {{- return(adapter.dispatch('type_money', 'segmentation')()) -}}
{% endmacro %}

{% macro default__type_money() %}{{ return('decimal(18, 4)') }}{% endmacro %}
{% macro bigquery__type_money() %}{{ return('numeric') }}{% endmacro %}


{#- A product or a ratio of two money values, before it is cast back: wide enough not
    to overflow (on DuckDB two decimals of 18 digits multiply into 18 digits). -#}
{% macro type_money_wide() %}
    {{- return(adapter.dispatch('type_money_wide', 'segmentation')()) -}}
{% endmacro %}

{% macro default__type_money_wide() %}{{ return('decimal(28, 4)') }}{% endmacro %}
{% macro bigquery__type_money_wide() %}{{ return('bignumeric') }}{% endmacro %}


{#- A share or a rate, as a double; null where the denominator is zero. Of two whole
    numbers engines make whole numbers, decimals or doubles, and of a decimal literal
    beside them decimals of six digits.

    Arguments: `numerator`, `denominator`, SQL of numbers. -#}
{% macro ratio(numerator, denominator) %}
    {{- return(
        '(cast(' ~ numerator ~ ' as ' ~ segmentation.type_double() ~ ') / nullif('
        ~ denominator ~ ', 0))'
    ) -}}
{% endmacro %}
