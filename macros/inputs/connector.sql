{#- The connector in use. Raises if it is unknown, or none is chosen in a package. -#}
{% macro connector() %}
    {%- set known = [
        'demo', 'native', 'customer_summary', 'thelook', 'online_retail'
    ] -%}
    {%- set chosen = var('segmentation_connector') -%}
    {%- if chosen is none and project_name == 'segmentation' -%}
        {{- return('demo') -}}
    {%- endif -%}
    {%- if chosen is none -%}
        {{- exceptions.raise_compiler_error(
            'segmentation: no connector is chosen, so it does not know where the '
            'shop\'s tables are. Set the variable segmentation_connector in '
            'dbt_project.yml: native for tables of your own (see the README, '
            '"Point it at your own tables"), or one of ' ~ known | join(', ') ~ '.'
        ) -}}
    {%- endif -%}
    {%- if chosen not in known -%}
        {{- exceptions.raise_compiler_error(
            'segmentation: unknown connector "' ~ chosen ~ '" in the variable '
            'segmentation_connector; choose one of ' ~ known | join(', ') ~ '.'
        ) -}}
    {%- endif -%}
    {{- return(chosen) -}}
{% endmacro %}


{#- The staging model of an entity (orders, order_lines, ...) for the connector in use. -#}
{% macro ref_staging(entity) %}
    {{- return(ref('segmentation', 'stg_' ~ segmentation.connector() ~ '__' ~ entity)) -}}
{% endmacro %}


{#- The entities that the user points the connector in use at; none if it knows its
    tables itself. -#}
{% macro mapped_entities() %}
    {{- return({
        'native': [
            'customers', 'orders', 'order_lines', 'refunds', 'products', 'web_events',
            'email_events', 'campaign_members', 'tickets', 'reviews',
        ],
        'customer_summary': ['customer_summaries'],
    }.get(segmentation.connector(), [])) -}}
{% endmacro %}


{#- The entities that no shop can do without. -#}
{% macro required_entities() %}
    {{- return(['customers', 'orders', 'order_lines', 'customer_summaries']) -}}
{% endmacro %}
