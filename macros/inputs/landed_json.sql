{#- A column that is landed, or a part of one of JSON, in a type of the input contract; SQL.

    Arguments: `type`; `candidate`, the column or `column.key.key`; `landed`, what
    landed_columns gives. -#}
{% macro read_landed(type, candidate, landed) %}
    {%- set parts = candidate.split('.') -%}
    {%- set column = adapter.quote(landed[parts[0]].name) -%}
    {%- if parts | length > 1 -%}
        {{- return(segmentation.read_json_part(type, column, parts[1:])) -}}
    {%- endif -%}
    {%- set data_type = landed[parts[0]].data_type -%}
    {%- if type == 'whole' -%}
        {{- return('cast(' ~ column ~ ' as ' ~ dbt.type_bigint() ~ ')') -}}
    {%- endif -%}
    {{- return(
        segmentation.to_landed_id(column, data_type) if type in ['id', 'code']
        else segmentation.read_column(type, column, data_type)
    ) -}}
{% endmacro %}


{#- A part of a column of JSON in a type of the input contract; SQL. Keys and codes are read
    as if they had a column of their own, so that they are found there.

    Arguments: `type`; `json` and `keys`, as of json_part. -#}
{% macro read_json_part(type, json, keys) %}
    {%- set part = segmentation.json_part(json, keys) -%}
    {{- return(
        segmentation.to_landed_id(part, dbt.type_string()) if type in ['id', 'code']
        else segmentation.read_column(type, part)
    ) -}}
{% endmacro %}


{#- The objects in an array of JSON that a loader has left as it came, one row each, in the
    types of the input contract; none if the table or the column is not landed. A query. Rows
    have a key `id`.

    Arguments: `source_name`, `table`, those of a source; `array`, the column; `kept`, {name:
    [type, column]} of the row that the array is in; `columns`, {name: [type, key, ...]} of the
    objects, of which the first that is not null counts, and of an object in the object a
    part, `key.key`; `inner`, the key of an array in each of the objects whose objects are
    meant, with `inner_kept`, {name: [type, key]} of the object that it is in. -#}
{% macro select_landed_objects(
    source_name, table, array, kept, columns, inner=none, inner_kept={}
) %}
    {%- set relation = source(source_name, table) -%}
    {%- set landed = segmentation.landed_columns(relation) -%}
    {%- if array not in landed %}
    select
        {%- for name, properties in (
            kept.items() | list + inner_kept.items() | list + columns.items() | list
        ) %}
        cast(null as {{ segmentation.contract_type(properties[0]) }}) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    limit 0
    {%- else %}
    {#- of a row that was appended again each time it changed, the newest counts -#}
    {%- set versions = [] -%}
    {%- for column in ['_airbyte_extracted_at', 'updated_at', 'id'] if column in landed -%}
        {%- do versions.append(adapter.quote(landed[column].name) ~ ' desc') -%}
    {%- endfor %}
    with

    landed as (

        select
            {%- for name, properties in kept.items() %}
            {{ segmentation.read_landed(properties[0], properties[1], landed) }}
                as {{ name }},
            {%- endfor %}
            {{ adapter.quote(landed[array].name) }} as objects,
            row_number() over (
                partition by {{ adapter.quote(landed['id'].name) }}
                order by {{ versions | join(', ') }}
            ) as version_number

        from {{ relation }}

    ),

    newest as (

        select * from landed
        where version_number = 1

    ),

    objects as (

        {{ segmentation.json_objects('newest', 'objects', kept | list) }}

    )
    {%- if inner is not none -%}
    ,

    outer_objects as (

        select
            {%- for name in kept %}
            {{ name }},
            {%- endfor %}
            {%- for name, properties in inner_kept.items() %}
            {{ segmentation.read_json_part(
                properties[0], 'object', properties[1].split('.')
            ) }} as {{ name }},
            {%- endfor %}
            {{ segmentation.json_part('object', [inner]) }} as objects

        from objects

    ),

    inner_objects as (

        {{ segmentation.json_objects(
            'outer_objects', 'objects', kept | list + inner_kept | list
        ) }}

    )
    {%- endif %}

    select
        {%- for name in kept | list + inner_kept | list %}
        {{ name }},
        {%- endfor %}
        {%- for name, properties in columns.items() %}
        {%- set read = [] -%}
        {%- for key in properties[1:] -%}
            {%- do read.append(segmentation.read_json_part(
                properties[0], 'object', key.split('.')
            )) -%}
        {%- endfor %}
        {{ 'coalesce(' ~ read | join(', ') ~ ')' if read | length > 1 else read[0] }}
            as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}

    from {{ 'objects' if inner is none else 'inner_objects' }}
    {%- endif %}
{% endmacro %}
