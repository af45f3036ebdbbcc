{#- A moment so many units after another: a timestamp on most engines.

    Arguments: `part`, such as 'second' or 'year'; `number`, `moment`, SQL or a number. They
    are put in brackets, since some engines multiply what they are given. -#}
{% macro add_to_moment(part, number, moment) %}
    {{- return(dbt.dateadd(part, '(' ~ number ~ ')', '(' ~ moment ~ ')')) -}}
{% endmacro %}


{#- A date some days after another; dbt.dateadd returns a timestamp on most engines. -#}
{% macro dateadd_days(n_days, from_date) %}
    {{- return(adapter.dispatch('dateadd_days', 'segmentation')(n_days, from_date)) -}}
{% endmacro %}

{% macro default__dateadd_days(n_days, from_date) %}
    {{- return(
        'cast(' ~ segmentation.add_to_moment('day', n_days, from_date) ~ ' as date)'
    ) -}}
{% endmacro %}

{#- dbt's own goes through seconds and the time zone of the session -#}
{% macro spark__dateadd_days(n_days, from_date) %}
    {{- return(
        'date_add(cast(' ~ from_date ~ ' as date), cast(' ~ n_days ~ ' as int))'
    ) -}}
{% endmacro %}


{#- Whole days from one date to a later one; negative if it is earlier. A big integer. -#}
{% macro days_between(from_date, to_date) %}
    {{- return(segmentation.parts_between('day', from_date, to_date)) -}}
{% endmacro %}


{#- How often a part of time begins between one moment and a later one: a big integer on
    every engine. Arguments: `part`, such as 'month'; `from_moment`, `to_moment`, SQL. -#}
{% macro parts_between(part, from_moment, to_moment) %}
    {{- return(adapter.dispatch('parts_between', 'segmentation')(
        part, from_moment, to_moment
    )) -}}
{% endmacro %}

{% macro default__parts_between(part, from_moment, to_moment) %}
    {{- return(
        'cast(' ~ dbt.datediff('(' ~ from_moment ~ ')', '(' ~ to_moment ~ ')', part)
        ~ ' as ' ~ dbt.type_bigint() ~ ')'
    ) -}}
{% endmacro %}

{#- a big integer as it is -#}
{% macro duckdb__parts_between(part, from_moment, to_moment) %}
    {{- return(dbt.datediff('(' ~ from_moment ~ ')', '(' ~ to_moment ~ ')', part)) -}}
{% endmacro %}


{#- The far end of an open interval of dates, so that comparisons need no null arm. -#}
{% macro end_of_time() %}
    {{- return("cast('9999-12-31' as date)") -}}
{% endmacro %}
