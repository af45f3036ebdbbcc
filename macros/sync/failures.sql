{#- The rows that tools refused, as the sender lists them (activation/send.py): tool,
    external_id, operation, reason, refused_at, all texts. None where no file is named, or
    before the first sync.

    Argument: `path`, that of the files, which may hold `*`; null for none. -#}
{% macro refused_rows(path) %}
    {%- if path is none -%}
        {{- segmentation.no_refused_rows() -}}
    {%- else -%}
        {{- adapter.dispatch('refused_rows', 'segmentation')(path) -}}
    {%- endif -%}
{% endmacro %}

{% macro default__refused_rows(path) %}
    {{- exceptions.raise_compiler_error(
        'segmentation: segmentation_sync_failures names files, which DuckDB alone reads '
        'here. Leave it null, and load the files with what loads your other tables.'
    ) -}}
{% endmacro %}

{% macro duckdb__refused_rows(path) %}
    {%- set files = segmentation.text_literal(path) -%}
    {%- set is_there = execute and run_query(
        'select count(*) from glob(' ~ files ~ ')'
    ).rows[0][0] > 0 -%}
    {%- if is_there %}
        select tool, external_id, operation, reason, refused_at
        from read_csv({{ files }}, header = true, all_varchar = true)
    {%- else -%}
        {{- segmentation.no_refused_rows() -}}
    {%- endif -%}
{% endmacro %}


{#- The same columns without a row. -#}
{% macro no_refused_rows() %}
    select
        {%- for column in [
            'tool', 'external_id', 'operation', 'reason', 'refused_at'
        ] %}
            cast(null as {{ dbt.type_string() }}) as {{ column }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    where 1 = 0
{% endmacro %}
