{#- After a build, drop the tables that an incremental Python model leaves behind at every
    run. Runs in on-run-end; other engines leave none. -#}
{% macro drop_leftover_tables() %}
    {{- return(adapter.dispatch('drop_leftover_tables', 'segmentation')()) -}}
{% endmacro %}

{% macro default__drop_leftover_tables() %}{% endmacro %}

{% macro duckdb__drop_leftover_tables() %}
    {%- set patterns = ['1 = 0'] -%}
    {%- for node in graph.nodes.values()
        if node.package_name == 'segmentation' and node.language == 'python' -%}
        {%- do patterns.append("table_name like '" ~ node.alias ~ "__dbt_tmp%'") -%}
    {%- endfor -%}
    {%- set leftovers = run_query(
        "select table_schema, table_name from information_schema.tables "
        ~ "where table_catalog = '" ~ target.database ~ "' and "
        ~ "(" ~ patterns | join(' or ') ~ ")"
    ) -%}
    {%- for row in leftovers.rows -%}
        {%- do adapter.drop_relation(api.Relation.create(
            database=target.database, schema=row[0], identifier=row[1], type='table'
        )) -%}
    {%- endfor -%}
{% endmacro %}
