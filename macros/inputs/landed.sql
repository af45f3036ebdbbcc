{#- The rows of a table as a loader has landed it, in the types of the input contract. A
    column that the loader has not landed is null, and a table that it has not landed is
    empty if it is optional; else the build of what depends on it stops here and says so. A
    query.

    Arguments: `source_name`, `table`, those of a source; `columns`, {name: type of the input
    contract} or, where the loader calls it otherwise, {name: [type, column, ...]}, of which
    the first that is not null counts, and of a column of JSON a part, `column.key.key`;
    `needed`, the names that rows are of no use without;
    `is_optional`, whether the loader may leave the table out. -#}
{% macro select_landed(source_name, table, columns, needed=[], is_optional=false) %}
    {%- set relation = source(source_name, table) -%}
    {%- set landed = segmentation.landed_columns(relation) -%}
    {%- set is_there = landed | length > 0 or not execute -%}
    {%- if not is_there and not is_optional -%}
        {{- segmentation.raise_problems([
            'there is no table ' ~ relation ~ ', which connector ' ~ source_name
            ~ ' reads. Have it landed, or say where it is with segmentation_schemas: {'
            ~ source_name ~ ': its_schema}'
        ]) -}}
    {%- endif -%}
    {%- set lacking = [] %}
    select
    {%- for name, properties in columns.items() %}
        {%- set type = properties if properties is string else properties[0] -%}
        {%- set candidates = [name] if properties is string else properties[1:] -%}
        {%- set read = [] -%}
        {%- for candidate in candidates if candidate.split('.')[0] in landed -%}
            {%- do read.append(segmentation.read_landed(type, candidate, landed)) -%}
        {%- endfor -%}
        {%- if name in needed and is_there and execute and not read -%}
            {%- do lacking.append(candidates[0]) -%}
        {%- endif %}
        {% if read | length > 1 -%}
            coalesce({{ read | join(', ') }})
        {%- else -%}
            {{ read[0] or 'cast(null as ' ~ segmentation.contract_type(type) ~ ')' }}
        {%- endif %} as {{ name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
    {% if is_there -%}
        from {{ relation }}
    {%- else -%}
        limit 0
    {%- endif -%}
    {%- if lacking -%}
        {{- segmentation.raise_problems([
            'table ' ~ relation ~ ' has no column ' ~ lacking | join(' and no column ')
            ~ ', which connector ' ~ source_name ~ ' cannot do without; have it landed'
        ]) -}}
    {%- endif -%}
{% endmacro %}


{#- The columns that a table has, {name in lower case: {'name': ..., 'data_type': ...}};
    none while dbt parses, and where there is no such table. -#}
{% macro landed_columns(relation) %}
    {%- set landed = {} -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do landed.update({
                column.name | lower: {'name': column.name, 'data_type': column.dtype}
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(landed) -}}
{% endmacro %}
