{#- A value of an input table in the type that the contract gives its column. Nothing is
    rejected here, and nothing stops the build: what cannot be read is null, what is too
    large for money is the largest amount there is, which the core rejects.

    Arguments: `type`, one of input_contract; `expression`, SQL; `data_type`, the
    engine's name of the type that it has there, null if that is not known. -#}
{% macro read_column(type, expression, data_type=none) %}
    {%- if type == 'id' -%}
        {{- return(segmentation.to_id(expression, data_type)) -}}
    {%- elif type in ['string', 'word'] -%}
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


{#- A key as text. 4711.0 is 4711: a tool that knows no whole numbers with gaps, such as
    pandas, has written it; see to_text for the rest. -#}
{% macro to_id(expression, data_type=none) %}
    {%- if 'int' in (data_type or '') | lower -%}
        {{- return('cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')') -}}
    {%- endif -%}
    {{- return(segmentation.without_point_zero(segmentation.to_text(expression))) -}}
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
