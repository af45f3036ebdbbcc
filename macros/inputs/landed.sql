{#- The rows of a table as a loader has landed it, in the types of the input contract. A
    column that the loader has not landed is null, and a table that it has not landed is
    empty if it is optional; else the build of what depends on it stops here and says so (see
    stop_reading), and what only compiles reads it as empty. A query.

    Arguments: `source_name`, `table`, those of a source; `columns`, {name: type of the input
    contract, or `code`, a text that no person typed, or one of keys_joined_by} or, where the loader calls it otherwise, {name: [type, column, ...]}, of which
    the first that is not null counts, and of a column of JSON a part, `column.key.key`;
    `needed`, the names that rows are of no use without;
    `is_optional`, whether the loader may leave the table out. -#}
{% macro select_landed(source_name, table, columns, needed=[], is_optional=false) %}
    {%- set relation = source(source_name, table) -%}
    {%- set landed = segmentation.landed_columns(relation) -%}
    {%- set is_there = landed | length > 0 or not execute -%}
    {%- if not is_there and not is_optional -%}
        {{- segmentation.stop_reading([
            'there is no table ' ~ relation ~ ', which connector ' ~ source_name
            ~ ' reads. Have it landed, or say where it is with segmentation_schemas: {'
            ~ source_name ~ ': its_schema}'
        ]) -}}
    {%- endif -%}
    {%- set lacking = [] %}
    select
    {%- for name, properties in columns.items() %}
        {%- set given = properties if properties is string else properties[0] -%}
        {%- set type = segmentation.type_of_key(source_name, given) -%}
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
    {% if '_fivetran_id' in landed -%}
        {#- how Fivetran tells rows apart that have no key: a copy of one says nothing -#}
        {%- set id = adapter.quote(landed['_fivetran_id'].name) -%}
        from (
            select
                *,
                row_number() over (partition by {{ id }} order by {{ id }}) as copy_number
            from {{ relation }}
        ) as numbered
        where copy_number = 1 or {{ id }} is null
    {%- elif is_there -%}
        from {{ relation }}
    {%- else -%}
        limit 0
    {%- endif -%}
    {%- if lacking -%}
        {{- segmentation.stop_reading([
            'table ' ~ relation ~ ' has no column ' ~ lacking | join(' and no column ')
            ~ ', which connector ' ~ source_name ~ ' cannot do without; have it landed'
        ]) -}}
    {%- endif -%}
{% endmacro %}


{#- The keys that tables of a connector are joined by: where each of them is landed. Joined
    as the whole numbers that they are, they take a third of the time of texts.

    Returns {type of key: {table: column}}. -#}
{% macro keys_joined_by(source_name) %}
    {{- return({
        'shopify_fivetran': {
            'order_key': {
                'order': 'id', 'order_line': 'order_id', 'refund': 'order_id',
                'order_shipping_line': 'order_id', 'order_discount_code': 'order_id',
            },
            'order_line_key': {
                'order_line': 'id', 'discount_allocation': 'order_line_id',
                'tax_line': 'order_line_id', 'order_line_tax_line': 'order_line_id',
                'order_line_refund': 'order_line_id', 'refund_line_item': 'order_line_id',
            },
            'customer_key': {
                'customer': 'id', 'order': 'customer_id',
                'customer_address': 'customer_id', 'abandoned_checkout': 'customer_id',
            },
            'variant_key': {'product_variant': 'id', 'order_line': 'variant_id'},
            'shipping_line_key': {
                'order_shipping_line': 'id',
                'order_shipping_tax_line': 'order_shipping_line_id',
            },
        },
    }.get(source_name, {})) -}}
{% endmacro %}


{#- The type that a key is read in: `whole`, a whole number, if it is landed as one wherever
    it is landed, else `id`, as texts and numbers cannot be joined. Another type is returned
    as it is. -#}
{% macro type_of_key(source_name, type) %}
    {%- set tables = segmentation.keys_joined_by(source_name).get(type) -%}
    {%- if tables is none or not tables -%}
        {{- return(type) -}}
    {%- endif -%}
    {%- set found = [] -%}
    {#- not while dbt parses: a model reads no other table of the source for it -#}
    {%- for table, column in tables.items() if execute -%}
        {%- set landed = segmentation.landed_columns(source(source_name, table)) -%}
        {%- if column in landed -%}
            {%- do found.append(landed[column].data_type | lower) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set whole = found | select('in', segmentation.whole_types()) | list -%}
    {{- return('whole' if found and found == whole else 'id') -}}
{% endmacro %}


{#- What engines call their whole numbers of at most 64 bits. -#}
{% macro whole_types() %}
    {{- return([
        'tinyint', 'smallint', 'int', 'integer', 'bigint', 'long', 'int2', 'int4', 'int8',
        'int64',
    ]) -}}
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


{#- Stop a build of what reads a table that is not as it has to be. What reads it is compiled
    for other reasons, too: the documentation, or another model of the project that this
    package is installed in, which are no worse without that table. Argument: `problems`, a
    list of sentences. -#}
{% macro stop_reading(problems) %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}
