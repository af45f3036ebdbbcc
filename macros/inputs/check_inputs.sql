{#- Before an input is read, look at its table and say in plain words what is wrong: there
    is none, it is empty, it lacks a required column, its text is no date or number. A
    pre-hook of the models that read what the user points at, so that only what depends
    on a bad input is not built. -#}
{% macro check_input(entity) %}
    {%- if execute -%}
        {{- segmentation.raise_problems(segmentation.native_table_problems(entity)) -}}
    {%- endif -%}
{% endmacro %}


{#- What is wrong with one input table that the user points at; a list of sentences. -#}
{% macro native_table_problems(entity) %}
    {%- set contract = segmentation.input_contract()[entity] -%}
    {%- set relation = segmentation.native_relation(entity) -%}
    {%- if relation is none and entity in segmentation.required_entities() -%}
        {{- return([
            'the shop has no table of ' ~ entity ~ ', which every segmentation needs; '
            ~ 'name it in the variable segmentation_tables or segmentation_refs'
        ]) -}}
    {%- elif relation is none -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- if not adapter.get_columns_in_relation(relation) -%}
        {{- return([
            'there is no table ' ~ relation ~ ' to read ' ~ entity ~ ' from. Load it, '
            'or correct the variables segmentation_schema and segmentation_tables '
            '(null for an entity that the shop does not have)'
        ]) -}}
    {%- endif -%}
    {%- set columns = segmentation.native_columns(entity, relation) -%}
    {%- set problems = segmentation.missing_columns(entity, relation, columns) -%}
    {%- set counts = ['count(*)'] -%}
    {%- set checked = [] -%}
    {%- for column, properties in contract.items() -%}
        {%- if columns[column] is not none and properties.type not in ['id', 'string', 'word'] -%}
            {%- set quoted = adapter.quote(columns[column].name) -%}
            {%- set read = segmentation.read_column(
                properties.type, quoted, columns[column].data_type
            ) -%}
            {%- do counts.append(
                'sum(case when lower(' ~ segmentation.to_text(quoted)
                ~ ") != 'nan' and (" ~ read ~ ') is null then 1 else 0 end)'
            ) -%}
            {%- do checked.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set row = run_query(
        'select ' ~ counts | join(', ') ~ ' from ' ~ relation
    ).rows[0] -%}
    {%- if row[0] == 0 and entity in segmentation.required_entities() -%}
        {%- do problems.append(
            'table ' ~ relation ~ ' (' ~ entity ~ ') has 0 rows; load it before the build'
        ) -%}
    {%- endif -%}
    {%- for column in checked -%}
        {%- set n_bad = row[loop.index] or 0 -%}
        {%- if n_bad > 0 -%}
            {%- do problems.append(
                'column ' ~ columns[column].name ~ ' of table ' ~ relation ~ ' must hold '
                ~ {
                    'integer': 'a whole number',
                    'money': 'a number',
                    'double': 'a number',
                    'boolean': 'true or false',
                    'date': 'a date such as 2024-12-31',
                    'timestamp': 'a time such as 2024-12-31 23:59:59',
                }[contract[column].type]
                ~ ', but ' ~ n_bad ~ ' of ' ~ row[0] ~ ' rows cannot be read as one. '
                'Correct those rows, or map another column with segmentation_columns: {'
                ~ entity ~ ': {' ~ column ~ ': its_name}}'
                ~ ('' if contract[column].is_required else ' (null for none)')
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{#- Cast, with null in place of an error (dbt.safe_cast raises on DuckDB, Postgres). -#}
{% macro try_cast(expression, type) %}
    {{- return(adapter.dispatch('try_cast', 'segmentation')(expression, type)) -}}
{% endmacro %}

{% macro default__try_cast(expression, type) %}
    {{- return('try_cast(' ~ expression ~ ' as ' ~ type ~ ')') -}}
{% endmacro %}

{% macro postgres__try_cast(expression, type) %}
    {#- no such function: the build itself stops at the first bad row -#}
    {{- return('cast(' ~ expression ~ ' as ' ~ type ~ ')') -}}
{% endmacro %}

{% macro bigquery__try_cast(expression, type) %}
    {{- return('safe_cast(' ~ expression ~ ' as ' ~ type ~ ')') -}}
{% endmacro %}
