{#- The part of an amount that falls to a running sum, rounded to four decimals; its
    differences along the sum add up to the amount exactly. -#}
{% macro running_share(amount, running, total) %}
    {{- return(
        'cast(round(cast(' ~ amount ~ ' as ' ~ segmentation.type_money_wide() ~ ') * '
        ~ running ~ ' / nullif(' ~ total ~ ', 0), 4) as ' ~ segmentation.type_money()
        ~ ')'
    ) -}}
{% endmacro %}


{#- An amount in the reporting currency. Widened before it is multiplied: on DuckDB the
    product of two decimals of 18 digits has room for 6 of them before the point.

    Arguments: `amount`, `rate`, SQL of decimals; an amount that is implausible does not
    fit. -#}
{% macro in_reporting_currency(amount, rate='rate') %}
    {{- return(
        'cast(round(cast(' ~ amount ~ ' as ' ~ segmentation.type_money_wide() ~ ') * '
        ~ rate ~ ', 4) as ' ~ segmentation.type_money() ~ ')'
    ) -}}
{% endmacro %}


{#- The largest amount, in the reporting currency, that is no slip: far above what a shop
    sells, and far enough below what a column of money holds that sums of it fit. -#}
{% macro largest_amount() %}
    {{- return(9999999999.9999) -}}
{% endmacro %}


{#- The largest sum of amounts, in the reporting currency, that columns of money hold with
    a tenth to spare. -#}
{% macro largest_sum() %}
    {{- return(90000000000000) -}}
{% endmacro %}


{#- The first of some amounts that is a slip, larger than largest_amount, with its name, as
    text; null if none is.

    Arguments: `amounts`, {name: SQL of a number}; `rate`, SQL of a number. -#}
{% macro implausible_value(amounts, rate='rate') %}
    {%- set cases = [] -%}
    {%- for name, amount in amounts.items() -%}
        {%- set value = 'cast(' ~ amount ~ ' as ' ~ segmentation.type_double() ~ ')' -%}
        {%- do cases.append(
            'when abs(' ~ value ~ ') * coalesce(' ~ rate ~ ', 1) > '
            ~ segmentation.largest_amount() ~ " then '" ~ name ~ " ' || cast(" ~ value
            ~ ' as ' ~ dbt.type_string() ~ ')'
        ) -%}
    {%- endfor -%}
    {{- return('case ' ~ cases | join(' ') ~ ' end') -}}
{% endmacro %}
