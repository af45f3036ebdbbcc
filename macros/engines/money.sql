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


{#- Whether an amount is a slip: ten thousand million or more in the reporting currency,
    sums of which do not fit. False for null.

    Arguments: `amount`, `rate`, SQL of numbers. -#}
{% macro is_implausible_amount(amount, rate='rate') %}
    {{- return(
        'coalesce(abs(cast(' ~ amount ~ ' as ' ~ segmentation.type_double()
        ~ ')) * coalesce(' ~ rate ~ ', 1) >= 1.0e10, false)'
    ) -}}
{% endmacro %}
