{#- The config `full_refresh` of a model that keeps what nothing could make again: false,
    so that --full-refresh leaves it alone, unless segmentation_reset_history is true.
    Only true itself counts; check_configuration refuses anything but true and false.
    Such models carry the tag segmentation_history; the Python models among them say the
    same in YAML, where no macro can be called. -#}
{% macro full_refresh_of_history() %}
    {{- return(none if var('segmentation_reset_history') is sameas true else false) -}}
{% endmacro %}


{#- Before a build that erases history, say in the log which tables and how many rows.
    -#}
{% macro tell_what_is_erased() %}
    {%- if flags.FULL_REFRESH and var('segmentation_reset_history') is sameas true -%}
        {%- for node in graph.nodes.values()
            if node.package_name == 'segmentation'
            and node.unique_id in selected_resources
            and 'segmentation_history' in node.config.tags -%}
            {%- set relation = segmentation.relation_of(node) -%}
            {%- if relation is not none -%}
                {%- do exceptions.warn(
                    'segmentation: history is erased: '
                    ~ run_query('select count(*) from ' ~ relation).rows[0][0]
                    ~ ' rows of ' ~ relation ~ ', because of --full-refresh with '
                    ~ 'segmentation_reset_history: true'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
