{#- What the tables of events are called: of BigQuery's, one table per day, all at once. -#}
{% macro ga4_identifier() %}
    {{- return(adapter.dispatch('ga4_identifier', 'segmentation')()) -}}
{% endmacro %}

{% macro default__ga4_identifier() %}{{ return('events') }}{% endmacro %}
{% macro bigquery__ga4_identifier() %}{{ return('events_*') }}{% endmacro %}


{#- The rows of those tables that are to be read: not those of a day that is still under
    way, which come again in the day's own table. SQL that follows `from`. -#}
{% macro ga4_days() %}
    {{- return(adapter.dispatch('ga4_days', 'segmentation')()) -}}
{% endmacro %}

{% macro default__ga4_days() %}{{ return('') }}{% endmacro %}
{% macro bigquery__ga4_days() %}
    {{- return("where not starts_with(_table_suffix, 'intraday')") -}}
{% endmacro %}


{#- Whether a column is nested, as BigQuery exports it, rather than JSON; taken to be so
    where it is not known.

    Argument: `data_type`, the engine's name of its type; null if that is not known. -#}
{% macro is_nested(data_type) %}
    {%- set known = (data_type or 'struct') | lower -%}
    {{- return('struct' in known or 'record' in known) -}}
{% endmacro %}


{#- A parameter of an event of GA4 as a text, be it a text or a whole number; null if the
    event has no such parameter.

    Arguments: `params`, SQL of event_params, an array of key and value; `key`, the
    parameter's name; `data_type`, the engine's name of the type of event_params. JSON may
    be that array or an object of parameters. -#}
{% macro event_param(params, key, data_type=none) %}
    {%- if segmentation.is_nested(data_type) -%}
        {{- return(adapter.dispatch('nested_event_param', 'segmentation')(params, key)) -}}
    {%- endif -%}
    {{- return(adapter.dispatch('json_event_param', 'segmentation')(params, key)) -}}
{% endmacro %}

{% macro default__nested_event_param(params, key) %}
    {%- set string = dbt.type_string() -%}
    {{- return(
        '(select max(coalesce(param.value.string_value, cast(param.value.int_value as '
        ~ string ~ '))) from (select unnest(' ~ params ~ ') as param) as params '
        ~ "where param.key = '" ~ key ~ "')"
    ) -}}
{% endmacro %}

{% macro bigquery__nested_event_param(params, key) %}
    {{- return(
        '(select max(coalesce(param.value.string_value, cast(param.value.int_value as '
        ~ 'string))) from unnest(' ~ params ~ ") as param where param.key = '" ~ key ~ "')"
    ) -}}
{% endmacro %}

{% macro spark__nested_event_param(params, key) %}
    {%- set found = 'get(filter(' ~ params ~ ", param -> param.key = '" ~ key
        ~ "'), 0).value" -%}
    {{- return(
        'coalesce(' ~ found ~ '.string_value, cast(' ~ found ~ '.int_value as string))'
    ) -}}
{% endmacro %}

{% macro default__json_event_param(params, key) %}
    {{- segmentation.raise_problems([
        'connector ga4 cannot read event_params as JSON on ' ~ target.type
        ~ '; read a table of your own with connector native'
    ]) -}}
{% endmacro %}

{#- what is no JSON has no parameters -#}
{% macro duckdb__json_event_param(params, key) %}
    {%- set json = 'try_cast(' ~ params ~ ' as json)' -%}
    {{- return(
        'coalesce(json_extract_string(' ~ json ~ ", '$.\"" ~ key ~ "\"'), "
        ~ '(select max(coalesce('
        ~ "json_extract_string(param, '$.value.string_value'), "
        ~ "json_extract_string(param, '$.value.int_value'))) from (select unnest("
        ~ "json_extract(" ~ json ~ ", '$[*]')) as param) as params where "
        ~ "json_extract_string(param, '$.key') = '" ~ key ~ "'))"
    ) -}}
{% endmacro %}


{#- The id of the first item of an event of GA4, as a text; null if it has none.

    Arguments: `items`, SQL of an array of items; `data_type`, the engine's name of its
    type. -#}
{% macro first_item_id(items, data_type=none) %}
    {%- if segmentation.is_nested(data_type) -%}
        {{- return(adapter.dispatch('nested_first_item_id', 'segmentation')(items)) -}}
    {%- endif -%}
    {{- return(adapter.dispatch('json_first_item_id', 'segmentation')(items)) -}}
{% endmacro %}

{% macro default__nested_first_item_id(items) %}
    {{- return(items ~ '[1].item_id') -}}
{% endmacro %}

{% macro bigquery__nested_first_item_id(items) %}
    {{- return(items ~ '[safe_offset(0)].item_id') -}}
{% endmacro %}

{% macro spark__nested_first_item_id(items) %}
    {{- return('get(' ~ items ~ ', 0).item_id') -}}
{% endmacro %}

{% macro default__json_first_item_id(items) %}
    {{- segmentation.raise_problems([
        'connector ga4 cannot read items as JSON on ' ~ target.type
        ~ '; read a table of your own with connector native'
    ]) -}}
{% endmacro %}

{% macro duckdb__json_first_item_id(items) %}
    {{- return(
        'json_extract_string(try_cast(' ~ items ~ " as json), '$[0].item_id')"
    ) -}}
{% endmacro %}


{#- Microseconds since 1970 as a timestamp in UTC. -#}
{% macro from_microseconds(microseconds) %}
    {{- return(adapter.dispatch('from_microseconds', 'segmentation')(microseconds)) -}}
{% endmacro %}

{% macro default__from_microseconds(microseconds) %}
    {{- return('make_timestamp(cast(' ~ microseconds ~ ' as bigint))') -}}
{% endmacro %}

{% macro bigquery__from_microseconds(microseconds) %}
    {{- return('timestamp_micros(cast(' ~ microseconds ~ ' as int64))') -}}
{% endmacro %}

{% macro spark__from_microseconds(microseconds) %}
    {{- return('timestamp_micros(cast(' ~ microseconds ~ ' as bigint))') -}}
{% endmacro %}

{% macro snowflake__from_microseconds(microseconds) %}
    {{- return('to_timestamp_ntz(cast(' ~ microseconds ~ ' as bigint), 6)') -}}
{% endmacro %}

{% macro postgres__from_microseconds(microseconds) %}
    {{- return(
        "(timestamp '1970-01-01' + cast(" ~ microseconds
        ~ " as bigint) * interval '1 microsecond')"
    ) -}}
{% endmacro %}


{#- The engine's types of the columns of GA4's events, {column: type}; empty where they are
    not known, as while dbt parses, and of BigQuery's many tables at once. Stops if there is
    no such table, or it lacks a column that no event can do without. -#}
{% macro ga4_types() %}
    {%- set types = {} -%}
    {%- if execute and segmentation.ga4_identifier() != 'events_*' -%}
        {%- set relation = source('ga4', 'events') -%}
        {%- set landed = segmentation.landed_columns(relation) -%}
        {%- if not landed -%}
            {{- segmentation.stop_reading([
                'there is no table ' ~ relation ~ ', which connector ga4 reads. Have it '
                ~ 'landed, or say where it is with segmentation_schemas: {ga4: its_schema}'
            ]) -}}
        {%- endif -%}
        {%- for column, properties in landed.items() -%}
            {%- do types.update({column: properties.data_type}) -%}
        {%- endfor -%}
        {%- set lacking = [] -%}
        {%- for column in ['event_name', 'event_timestamp', 'event_params']
            if column not in types -%}
            {%- do lacking.append(column) -%}
        {%- endfor -%}
        {%- if lacking -%}
            {{- segmentation.stop_reading([
                'table ' ~ relation ~ ' has no column ' ~ lacking | join(' and no column ')
                ~ ', which connector ga4 cannot do without; have it landed'
            ]) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(types) -}}
{% endmacro %}
