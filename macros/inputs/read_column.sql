{#- A value of an input table in the type that the contract gives its column. Nothing is
    rejected here, and nothing stops the build: what cannot be read is null, what is too
    large for money is the largest amount there is, which the core rejects.

    Arguments: `type`, one of input_contract; `expression`, SQL; `data_type`, the
    engine's name of the type that it has there, null if that is not known. -#}
{% macro read_column(type, expression, data_type=none) %}
    {%- if type == 'id' -%}
        {{- return(segmentation.to_id(expression, data_type)) -}}
    {%- elif type in ['string', 'word', 'code'] -%}
        {{- return(segmentation.to_text(expression)) -}}
    {%- elif type == 'timestamp' -%}
        {{- return(segmentation.to_timestamp(expression, data_type)) -}}
    {%- elif type == 'date' -%}
        {{- return(segmentation.to_date(expression, data_type)) -}}
    {%- elif type == 'boolean' -%}
        {{- return(segmentation.to_boolean(expression, data_type)) -}}
    {%- endif -%}
    {{- return(segmentation.to_number(expression, type, data_type)) -}}
{% endmacro %}


{#- A value as text, as a reader sees it; null if nothing is left, as a file without
    types writes null as an empty text. -#}
{% macro to_text(expression) %}
    {{- return(segmentation.visible_text(
        'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')'
    )) -}}
{% endmacro %}


{#- A key as text. 4711.0 is 4711 and nan is null: a tool that knows no whole numbers with
    gaps, such as pandas, has written them; see to_text for the rest. -#}
{% macro to_id(expression, data_type=none) %}
    {%- if 'int' in (data_type or '') | lower -%}
        {{- return('cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')') -}}
    {%- endif -%}
    {%- set id = segmentation.without_point_zero(segmentation.to_text(expression)) -%}
    {{- return('case when lower(' ~ id ~ ") != 'nan' then " ~ id ~ ' end') -}}
{% endmacro %}


{#- A key or a code as a loader has landed it, from an interface that nobody types them into:
    what a copy by a tool that knows no whole numbers with gaps has made of it (4711.0, nan,
    nothing) is mended as by to_id, blanks and signs that are not seen are not looked for. That
    takes a third of the time. Of a key as Shopify's GraphQL interface has it,
    gid://shopify/Order/4711, the number counts, which its other tables hold. -#}
{% macro to_landed_id(expression, data_type=none) %}
    {%- if not segmentation.is_text(data_type) -%}
        {{- return(segmentation.to_id(expression, data_type)) -}}
    {%- endif -%}
    {%- set text = 'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {{- return(
        'case when ' ~ text ~ " in ('', 'nan', 'NaN', 'NAN') then null when " ~ text
        ~ " like '%.0' then " ~ segmentation.without_point_zero(text)
        ~ ' when ' ~ text ~ " like 'gid://%' then regexp_replace(" ~ text
        ~ ", '^gid://.*/', '') else " ~ text ~ ' end'
    ) -}}
{% endmacro %}


{#- How texts are mended as they are read, {kind: what is done}; see mended_values. -#}
{% macro mends() %}
    {{- return({
        'empty': 'empty_is_null',
        'blanks': 'blanks_are_cut',
        'point_zero': 'point_zero_is_cut',
    }) -}}
{% endmacro %}


{#- The texts of a row that are read otherwise than they are written, as
    `|<column>:<kind>|`; null if there are none. SQL.

    Arguments: `contract`, the columns of an entity; `columns`, those of its table, as
    native_columns gives them. -#}
{% macro mended_values(contract, columns) %}
    {%- set string = dbt.type_string() -%}
    {%- set marks = [] -%}
    {%- for column, properties in contract.items()
        if columns[column] is not none
        and 'int' not in (columns[column].data_type or '') | lower
        and (
            segmentation.is_text(columns[column].data_type) or properties.type == 'id'
        ) -%}
        {%- set raw = 'cast(' ~ adapter.quote(columns[column].name) ~ ' as ' ~ string
            ~ ')' -%}
        {%- set text = segmentation.to_text(adapter.quote(columns[column].name)) -%}
        {%- set is_id = properties.type == 'id' -%}
        {%- set read = segmentation.to_id(adapter.quote(columns[column].name))
            if is_id else text -%}
        {%- set mark = "'|" ~ column ~ ":" -%}
        {%- do marks.append(
            'case when ' ~ raw ~ " is null then '' when (" ~ read ~ ') is null then '
            ~ mark ~ "empty|' "
            ~ (
                'when ' ~ text ~ ' != (' ~ read ~ ') then ' ~ mark ~ "point_zero|' "
                if is_id else ''
            )
            ~ (
                'when ' ~ text ~ ' != ' ~ raw ~ ' then ' ~ mark ~ "blanks|' "
                if properties.type in ['id', 'string', 'word'] else ''
            ) ~ "else '' end"
        ) -%}
    {%- endfor -%}
    {{- return(
        'nullif(' ~ marks | join(' || ') ~ ", '')" if marks
        else 'cast(null as ' ~ string ~ ')'
    ) -}}
{% endmacro %}


{#- A value as true or false. -#}
{% macro to_boolean(expression, data_type=none) %}
    {%- if segmentation.is_text(data_type) -%}
        {{- return(segmentation.try_cast(segmentation.to_text(expression), 'boolean')) -}}
    {%- endif -%}
    {{- return('cast(' ~ expression ~ ' as boolean)') -}}
{% endmacro %}


{#- A number of the contract's types integer, money and double. What is no number
    (NaN, which files of doubles write for null) is null; what does not fit the type,
    infinity among it, is the largest number of that sign that does. -#}
{% macro to_number(expression, type, data_type=none) %}
    {%- set wanted = segmentation.contract_type(type) -%}
    {%- set value = segmentation.to_text(expression)
        if segmentation.is_text(data_type) else expression -%}
    {%- set double = segmentation.try_cast(value, segmentation.type_double()) -%}
    {%- set largest = {
        'integer': '2147483647', 'money': '99999999999999', 'double': '1.0e308',
    }[type] -%}
    {{- return(
        'case when ' ~ double ~ " = cast('nan' as " ~ segmentation.type_double()
        ~ ') then null when ' ~ double ~ ' >= ' ~ largest ~ ' then ' ~ largest
        ~ ' when ' ~ double ~ ' <= -' ~ largest ~ ' then -' ~ largest
        ~ ' else ' ~ segmentation.try_cast(value, wanted) ~ ' end'
    ) -}}
{% endmacro %}


{#- Whether a type is one of texts, or may be, as it is not known. -#}
{% macro is_text(data_type) %}
    {%- set known = (data_type or 'text') | lower -%}
    {{- return('char' in known or 'text' in known or 'string' in known) -}}
{% endmacro %}


{#- Whether anything stands in a column of an input table, even if it cannot be read; NaN
    is nothing. Argument: `column`, its name and data_type, none if the table lacks it. -#}
{% macro is_present(column) %}
    {%- if column is none -%}
        {{- return('cast(false as boolean)') -}}
    {%- endif -%}
    {{- return(
        'coalesce(lower(' ~ segmentation.to_text(adapter.quote(column.name))
        ~ ") != 'nan', false)"
    ) -}}
{% endmacro %}
