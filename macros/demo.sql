{#- A moment of the demo shop: so many days (fractions too) after 2022-01-01. -#}
{% macro demo_timestamp(days) %}
    {%- set int = dbt.type_int() -%}
    {%- set whole_days = segmentation.add_to_moment(
        'day',
        'cast(floor(' ~ days ~ ') as ' ~ int ~ ')',
        "cast('2022-01-01' as timestamp)"
    ) -%}
    {%- set seconds = 'cast(floor(86400 * ((' ~ days ~ ') - floor(' ~ days ~ '))) as '
        ~ int ~ ')' -%}
    {{- return(
        'cast(' ~ segmentation.add_to_moment('second', seconds, whole_days) ~ ' as timestamp)'
    ) -}}
{% endmacro %}


{#- The end of the demo shop's last day, in days after 2022-01-01: it knows no later. -#}
{% macro demo_end_day() %}
    {#- rendered while dbt parses, before any check could run -#}
    {%- if not segmentation.is_moment(var('segmentation_demo_end_date'), 'date') -%}
        {{- segmentation.raise_problems(segmentation.variable_problems({
            'segmentation_demo_end_date': var('segmentation_demo_end_date'),
        })) -}}
    {%- endif -%}
    {%- set first_day = modules.datetime.date(2022, 1, 1) -%}
    {%- set last_day = modules.datetime.date.fromisoformat(
        var('segmentation_demo_end_date') | string
    ) -%}
    {{- return((last_day - first_day).days + 1) -}}
{% endmacro %}


{#- The digest that draws of the demo shop are read from (see hash_unit). Another
    segmentation_demo_seed gives another shop of the same kind. -#}
{% macro demo_digest(expression) %}
    {%- set seed = var('segmentation_demo_seed') | int -%}
    {{- return(
        dbt.hash(expression if seed == 0 else "'" ~ seed ~ "|' || " ~ expression)
    ) -}}
{% endmacro %}
