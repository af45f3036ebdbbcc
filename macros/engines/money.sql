{#- The part of an amount that falls to a running sum, rounded to four decimals; its
    differences along the sum add up to the amount exactly. -#}
{% macro running_share(amount, running, total) %}
    {{- return(
        'cast(round(cast(' ~ amount ~ ' as ' ~ segmentation.type_money_wide() ~ ') * '
        ~ running ~ ' / nullif(' ~ total ~ ', 0), 4) as ' ~ segmentation.type_money()
        ~ ')'
    ) -}}
{% endmacro %}
