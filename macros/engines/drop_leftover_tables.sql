{#- After a build, drop the tables that an incremental Python model leaves behind at every
    run. Runs in on-run-end; other engines leave none. -#}
{% macro drop_leftover_tables() %}
    {{- return(adapter.dispatch('drop_leftover_tables', 'segmentation')()) -}}
{% endmacro %}

{% macro default__drop_leftover_tables() %}{% endmacro %}

{% macro duckdb__drop_leftover_tables() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set leftovers = run_query(
            "select table_schema, table_name from information_schema.tables "
            ~ "where table_catalog = '" ~ target.database ~ "' and "
            ~ "(table_name like 'int_segment_models__registered__dbt_tmp%' or "
            ~ "table_name like 'int_score_models__registered__dbt_tmp%' or "
            ~ "table_name like 'int_early_segment_models__registered__dbt_tmp%' or "
            ~ "table_name like 'int_customer_scores__boosted__dbt_tmp%')"
        ) -%}
        {%- for row in leftovers.rows -%}
            {%- do adapter.drop_relation(api.Relation.create(
                database=target.database, schema=row[0], identifier=row[1], type='table'
            )) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
