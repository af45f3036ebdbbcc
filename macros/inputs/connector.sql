{#- The connectors that there are. -#}
{% macro connectors() %}
    {{- return(['demo', 'native', 'customer_summary', 'thelook', 'online_retail']) -}}
{% endmacro %}


{#- The connector in use. Where none is chosen, that is the demo shop in this project, and
    in a package the one for tables of one's own, so that the host's other models can be
    run; check_configuration refuses to build it. Raises if the connector is unknown. -#}
{% macro connector() %}
    {%- set chosen = var('segmentation_connector') -%}
    {%- if chosen is none -%}
        {{- return('demo' if project_name == 'segmentation' else 'native') -}}
    {%- endif -%}
    {%- if chosen not in segmentation.connectors() -%}
        {{- exceptions.raise_compiler_error(
            'segmentation: unknown connector "' ~ chosen ~ '" in the variable '
            'segmentation_connector; choose one of ' ~ segmentation.connectors() | join(', ') ~ '.'
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
