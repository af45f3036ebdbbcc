{#- After a run, print which columns failed a test columns_are_valid, and how.
    Runs in on-run-end. Printed, so that --quiet does not hide it.

    Arguments: `results`, those of the run. -#}
{% macro name_invalid_columns(results) %}
    {%- for result in results if execute and result.failures
        and result.node.package_name == 'segmentation'
        and result.node.test_metadata
        and result.node.test_metadata.name == 'columns_are_valid' -%}
        {%- set table = graph.nodes[result.node.attached_node].name -%}
        {%- for row in run_query(result.node.compiled_code).rows -%}
            {%- do print(
                'segmentation: column ' ~ row[0] ~ ' of ' ~ table ~ ' ' ~ row[1] ~ ' in '
                ~ row[2] ~ ' of ' ~ row[3] ~ ' rows'
                ~ (', such as ' ~ row[4] if row[4] is not none else '')
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
