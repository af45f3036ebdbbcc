{#- The table of an entity that the user points at: a model of the host project
    (segmentation_refs) or a source (segmentation_tables); none if the shop has none. -#}
{% macro native_relation(entity) %}
    {%- set host_model = segmentation.mapping_variable('segmentation_refs').get(entity) -%}
    {%- if host_model -%}
        {{- return(segmentation.ref_given(host_model)) -}}
    {%- endif -%}
    {%- if segmentation.mapping_variable('segmentation_tables').get(entity) -%}
        {{- return(source(segmentation.connector(), entity)) -}}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}


{#- A model that segmentation_refs names: the root project's by its name alone, another
    package's by [package, model]. -#}
{% macro ref_given(model_name) %}
    {{- return(
        ref(project_name, model_name) if model_name is string
        else ref(model_name[0], model_name[1])
    ) -}}
{% endmacro %}


{#- The columns of an entity's table that the contract can use.

    Returns {contract column: {'name': that of the column of the table, 'data_type': the
    engine's type of it, null if not known}, or none if the table lacks it}. A column is
    looked up under its own name or the one that segmentation_columns gives, whatever its
    case. While dbt parses, or before the table exists, every column is taken to be
    there. -#}
{% macro native_columns(entity, relation) %}
    {%- set contract = segmentation.input_contract()[entity] -%}
    {%- set renames = segmentation.mapping_variable('segmentation_columns').get(entity) or {} -%}
    {%- set present = {} -%}
    {%- if execute and relation is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do present.update({
                column.name | lower: {'name': column.name, 'data_type': column.dtype}
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for column in contract -%}
        {%- set wanted = renames.get(column, column) -%}
        {%- if relation is none or wanted is none -%}
            {%- do columns.update({column: none}) -%}
        {%- elif present -%}
            {%- do columns.update({column: present.get(wanted | lower)}) -%}
        {%- else -%}
            {%- do columns.update({column: {'name': wanted, 'data_type': none}}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}


{#- Select an entity's contract columns under the names and in the types the contract
    gives them; what the shop does not have is null, an entity it does not have is an
    empty relation. A last column, mended_values, says what was mended. check_input refuses to build what must not be lacking. -#}
{% macro select_native(entity) %}
    {%- set contract = segmentation.input_contract()[entity] -%}
    {%- set relation = segmentation.native_relation(entity) -%}
    {%- set columns = segmentation.native_columns(entity, relation) -%}
    select
    {%- for column, properties in contract.items() %}
        {%- if columns[column] is none %}
        cast(null as {{ segmentation.contract_type(properties.type) }}) as {{ column }}
        {%- else %}
        {{ segmentation.read_column(
            properties.type, adapter.quote(columns[column].name),
            columns[column].data_type
        ) }} as {{ column }}
        {%- endif %}
        {%- if properties.presence %},
        {{ segmentation.is_present(columns[column]) }} as {{ properties.presence }}
        {%- endif %}
,
    {%- endfor %}
        {{ segmentation.mended_values(contract, columns) }} as mended_values
    {%- if relation is none %}
    where 1 = 0
    {%- else %}
    from {{ relation }}
    {%- endif %}
{% endmacro %}


{#- The columns that a table must have and does not: those that every shop needs, and
    those that segmentation_columns names; a list of sentences. -#}
{% macro missing_columns(entity, relation, columns) %}
    {%- set renames = segmentation.mapping_variable('segmentation_columns').get(entity) or {} -%}
    {%- set problems = [] -%}
    {%- for column, properties in segmentation.input_contract()[entity].items()
        if columns[column] is none and relation is not none -%}
        {%- if renames.get(column) -%}
            {%- do problems.append(
                'table ' ~ relation ~ ' has no column ' ~ renames[column] ~ ', which the '
                'variable segmentation_columns names as the ' ~ column ~ ' of ' ~ entity
                ~ '; correct {' ~ entity ~ ': {' ~ column ~ ': ' ~ renames[column]
                ~ '}} there'
            ) -%}
        {%- elif properties.is_required -%}
            {%- do problems.append(
                'table ' ~ relation ~ ' has no column ' ~ column ~ ', which every '
                'shop\'s ' ~ entity ~ ' need. If it has another name there, set the '
                'variable segmentation_columns: {' ~ entity ~ ': {' ~ column
                ~ ': its_name}}'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{#- The engine's name of a type of the input contract. -#}
{% macro contract_type(name) %}
    {{- return({
        'id': dbt.type_string(),
        'string': dbt.type_string(),
        'word': dbt.type_string(),
        'code': dbt.type_string(),
        'whole': dbt.type_bigint(),
        'integer': dbt.type_int(),
        'money': segmentation.type_money(),
        'double': segmentation.type_double(),
        'boolean': 'boolean',
        'date': 'date',
        'timestamp': 'timestamp',
    }[name]) -}}
{% endmacro %}
