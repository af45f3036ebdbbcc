{#- Put the descriptions of what this run built into the database, as comments.

    On DuckDB in one statement at the end, since dbt's own way (`persist_docs`, which
    other engines use) asks the catalogue twice for each model: a fifth of a small build.

    Argument: `results`, of the run. -#}
{% macro comment_on_what_was_built(results) %}
    {{- return(adapter.dispatch('comment_on_what_was_built', 'segmentation')(results)) -}}
{% endmacro %}


{% macro default__comment_on_what_was_built(results) %}
{% endmacro %}


{% macro duckdb__comment_on_what_was_built(results) %}
    {%- set there = {} -%}
    {%- for row in run_query(
        "select schema_name || '.' || table_name, 'table', null from duckdb_tables()"
        ~ " union all select schema_name || '.' || view_name, 'view', null"
        ~ " from duckdb_views()"
        ~ " union all select schema_name || '.' || table_name, null, column_name"
        ~ " from duckdb_columns() where not internal"
    ).rows -%}
        {%- set relation = there.setdefault(row[0] | lower, {'columns': []}) -%}
        {%- if row[1] -%}
            {%- do relation.update({'kind': row[1]}) -%}
        {%- else -%}
            {%- do relation.columns.append(row[2]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set comments = [] -%}
    {%- for result in results
        if result.node.package_name == 'segmentation'
        and result.node.resource_type == 'model' and result.status == 'success' -%}
        {%- set node = result.node -%}
        {%- set found = there.get((node.schema ~ '.' ~ node.alias) | lower) -%}
        {%- if found -%}
            {%- set place = adapter.quote(node.database) ~ '.'
                ~ adapter.quote(node.schema) ~ '.' ~ adapter.quote(node.alias) -%}
            {%- do comments.append(
                'comment on ' ~ found.kind ~ ' ' ~ place ~ ' is '
                ~ duckdb_escape_comment(node.description)
            ) -%}
            {%- for name in found['columns'] if name in node.columns -%}
                {%- do comments.append(
                    'comment on column ' ~ place ~ '.' ~ adapter.quote(name) ~ ' is '
                    ~ duckdb_escape_comment(node.columns[name].description)
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if comments -%}
        {%- call statement('comments', auto_begin=false) -%}
            begin;
            {{ comments | join(';\n') }};
            commit
        {%- endcall -%}
    {%- endif -%}
{% endmacro %}
