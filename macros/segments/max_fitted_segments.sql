{#- The most segments that a fitted recipe can have: one slot each in the scoring. -#}
{% macro max_fitted_segments() %}
    {{- return(8) -}}
{% endmacro %}
