{#- The mean of the scores of frequency and monetary value, half rounded up: what the cells
    of the RFM rules are read by (seed segmentation_rfm_cells).

    Arguments: `frequency_score`, `monetary_score`, SQL of scores from 1 to 5. -#}
{% macro frequency_monetary_score(frequency_score, monetary_score) %}
    {{- return(
        'cast(floor((' ~ frequency_score ~ ' + ' ~ monetary_score ~ ' + 1) / 2.0e0) as '
        ~ dbt.type_int() ~ ')'
    ) -}}
{% endmacro %}
