{#- Before a build, look at the input tables and say in plain words what is wrong: a
    table that is missing or empty, a required column it lacks, text that is no date or
    number. Runs in on-run-start; reads the tables of the connectors native and
    customer_summary, whose shape is in the user's hands. Tables made by the same build
    (segmentation_refs) are not there yet and are left to it. -#}
{% macro check_inputs() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set problems = [] -%}
        {%- for entity in segmentation.mapped_entities() -%}
            {%- if segmentation.mapping_variable('segmentation_tables').get(entity)
                and not segmentation.mapping_variable('segmentation_refs').get(entity) -%}
                {%- do problems.extend(segmentation.native_table_problems(entity)) -%}
            {%- endif -%}
        {%- endfor -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}


{#- What is wrong with one input table that the user points at; a list of sentences. -#}
{% macro native_table_problems(entity) %}
    {%- set contract = segmentation.input_contract()[entity] -%}
    {%- set relation = api.Relation.create(
        database=var('segmentation_database') or target.database,
        schema=var('segmentation_schema') or target.schema ~ '_raw',
        identifier=segmentation.mapping_variable('segmentation_tables')[entity]
    ) -%}
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
