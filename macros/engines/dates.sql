{#- A date some days after another; dbt.dateadd returns a timestamp on most engines. -#}
{% macro dateadd_days(n_days, from_date) %}
    {{- return('cast(' ~ dbt.dateadd('day', n_days, from_date) ~ ' as date)') -}}
{% endmacro %}


{#- Whole days from one date to a later one; negative if it is earlier. -#}
{% macro days_between(from_date, to_date) %}
    {{- return(dbt.datediff(from_date, to_date, 'day')) -}}
{% endmacro %}


{#- The far end of an open interval of dates, so that comparisons need no null arm. -#}
{% macro end_of_time() %}
    {{- return("cast('9999-12-31' as date)") -}}
{% endmacro %}
