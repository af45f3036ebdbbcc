{#- JSON, written in SQL that every engine has: keys in the order in which they are named,
    so that equal values give equal text. -#}


{#- A text as a JSON string: quotes, backslashes, tabs and line ends escaped, other control
    characters, which mean nothing in a name, turned into spaces.

    Arguments: `value`, SQL of a text; `when_null`, the JSON in place of null. -#}
{% macro json_text(value, when_null='null') %}
    {%- set backslash = segmentation.character(92) -%}
    {%- set escaped = [segmentation.without_control_characters(value)] -%}
    {%- for code, letter in {
        92: backslash, 34: segmentation.character(34), 9: "'t'", 10: "'n'", 13: "'r'"
    }.items() -%}
        {%- do escaped.append(
            'replace(' ~ escaped[-1] ~ ', ' ~ segmentation.character(code) ~ ', '
            ~ backslash ~ ' || ' ~ letter ~ ')'
        ) -%}
    {%- endfor -%}
    {{- return(
        "coalesce('\"' || " ~ escaped[-1] ~ " || '\"', '" ~ when_null ~ "')"
    ) -}}
{% endmacro %}


{#- A text with spaces in place of the control characters that a text of the engine may
    hold, but for tabs and line ends. Argument: `value`, SQL of a text. -#}
{% macro without_control_characters(value) %}
    {{- return(
        adapter.dispatch('without_control_characters', 'segmentation')(value)
    ) -}}
{% endmacro %}

{% macro default__without_control_characters(value, codes=range(1, 32)) %}
    {%- set characters = [] -%}
    {%- for code in codes if code not in [9, 10, 13] -%}
        {%- do characters.append(segmentation.character(code)) -%}
    {%- endfor -%}
    {{- return(
        'translate(' ~ value ~ ', ' ~ characters | join(' || ') ~ ", '"
        ~ ' ' * characters | length ~ "')"
    ) -}}
{% endmacro %}

{% macro duckdb__without_control_characters(value) %}
    {{- return(segmentation.default__without_control_characters(value, range(32))) -}}
{% endmacro %}


{#- A boolean as true or false. Arguments: `value`, SQL of it; `when_null`. -#}
{% macro json_boolean(value, when_null='null') %}
    {{- return(
        'case when ' ~ value ~ " then 'true' when not " ~ value ~ " then 'false' else '"
        ~ when_null ~ "' end"
    ) -}}
{% endmacro %}


{#- A UTC timestamp as an ISO-8601 string of whole seconds, such as 2024-12-31T00:00:00Z.

    Arguments: `value`, SQL of it; `when_null`. -#}
{% macro json_timestamp(value, when_null='null') %}
    {{- return(
        "coalesce('\"' || replace(substr(cast(" ~ value ~ ' as ' ~ dbt.type_string()
        ~ "), 1, 19), ' ', 'T') || 'Z\"', '" ~ when_null ~ "')"
    ) -}}
{% endmacro %}


{#- A date as an ISO-8601 string. Arguments: `value`, SQL of it; `when_null`. -#}
{% macro json_date(value, when_null='null') %}
    {{- return(
        "coalesce('\"' || cast(" ~ value ~ ' as ' ~ dbt.type_string() ~ ") || '\"', '"
        ~ when_null ~ "')"
    ) -}}
{% endmacro %}


{#- A UTC timestamp or a date as a number of seconds since 1970.

    Arguments: `value`, SQL of it; `when_null`. -#}
{% macro json_unix_seconds(value, when_null='null') %}
    {{- return(
        'coalesce(cast(' ~ segmentation.parts_between(
            'second', "cast('1970-01-01' as timestamp)", value
        ) ~ ' as ' ~ dbt.type_string() ~ "), '" ~ when_null ~ "')"
    ) -}}
{% endmacro %}


{#- A list of tags, separated by commas, as an array of strings; null as an empty one. -#}
{% macro json_list(value) %}
    {{- return(
        "'[' || replace(" ~ segmentation.json_text(value, '') ~ ", ',', '\",\"') || ']'"
    ) -}}
{% endmacro %}


{#- Texts as an array of strings, those that are null left out.

    Arguments: `values`, a list of SQL of texts. -#}
{% macro json_texts(values) %}
    {%- set parts = [] -%}
    {%- for value in values -%}
        {%- do parts.append(
            'case when ' ~ value ~ " is null then '' else ',' || "
            ~ segmentation.json_text(value) ~ ' end'
        ) -%}
    {%- endfor -%}
    {{- return("'[' || substr(" ~ parts | join(' || ') ~ ", 2) || ']'") -}}
{% endmacro %}


{#- Tags as objects that say which are on and which are off.

    Arguments: `active`, `inactive`, SQL of lists of tags, separated by commas, or null. -#}
{% macro json_tag_states(active, inactive) %}
    {%- set parts = [] -%}
    {%- for value, state in [(active, 'active'), (inactive, 'inactive')] -%}
        {%- set ending = ',"status":"' ~ state ~ '"}' -%}
        {%- do parts.append(
            'case when ' ~ value ~ " is null then '' else '{\"name\":' || replace("
            ~ segmentation.json_text(value) ~ ", ',', '\"" ~ ending ~ ',{"name":"'
            ~ "') || '" ~ ending ~ "' end"
        ) -%}
    {%- endfor -%}
    {{- return(
        "'[' || " ~ parts[0] ~ ' || case when ' ~ active ~ ' is null or ' ~ inactive
        ~ " is null then '' else ',' end || " ~ parts[1] ~ " || ']'"
    ) -}}
{% endmacro %}


{#- A JSON object.

    Arguments: `fields`, a list of {key, kind, value}, in the order they are to be written
    in: kind is text, boolean, timestamp, date, list, texts (value is a
    list of texts), states (value is two lists, see json_tag_states), object (value is again a list of fields), or constant (value is
    JSON); `when_null`, the JSON in place of null:
    null, or "" for tools that are told to clear a field in this way; `times`, iso_8601 or
    unix_seconds. Texts are cut at
    payload_text_length characters. -#}
{% macro payload(fields, when_null='null', times='iso_8601') %}
    {%- set parts = [] -%}
    {%- for field in fields -%}
        {%- if field.kind == 'text' -%}
            {%- set json = segmentation.json_text(
                'substr(' ~ field.value ~ ', 1, ' ~ segmentation.payload_text_length()
                ~ ')', when_null
            ) -%}
        {%- elif field.kind in ['timestamp', 'date'] and times == 'unix_seconds' -%}
            {%- set json = segmentation.json_unix_seconds(field.value, when_null) -%}
        {%- elif field.kind == 'boolean' -%}
            {%- set json = segmentation.json_boolean(field.value, when_null) -%}
        {%- elif field.kind == 'timestamp' -%}
            {%- set json = segmentation.json_timestamp(field.value, when_null) -%}
        {%- elif field.kind == 'date' -%}
            {%- set json = segmentation.json_date(field.value, when_null) -%}
        {%- elif field.kind == 'list' -%}
            {%- set json = segmentation.json_list(field.value) -%}
        {%- elif field.kind == 'texts' -%}
            {%- set cut = [] -%}
            {%- for value in field.value -%}
                {%- do cut.append(
                    'substr(' ~ value ~ ', 1, ' ~ segmentation.payload_text_length() ~ ')'
                ) -%}
            {%- endfor -%}
            {%- set json = segmentation.json_texts(cut) -%}
        {%- elif field.kind == 'states' -%}
            {%- set json = segmentation.json_tag_states(*field.value) -%}
        {%- elif field.kind == 'object' -%}
            {%- set json = segmentation.payload(field.value, when_null, times) -%}
        {%- elif field.kind == 'constant' -%}
            {%- set json = "'" ~ field.value ~ "'" -%}
        {%- else -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: "' ~ field.kind ~ '" is no kind of JSON; the kinds are '
                'text, boolean, timestamp, date, list, texts, states, object and '
                'constant.'
            ) -}}
        {%- endif -%}
        {%- do parts.append("'\"" ~ field.key ~ "\":' || " ~ json) -%}
    {%- endfor -%}
    {{- return(
        "'{' || " ~ parts | join(" || ',' || ") ~ " || '}'" if parts else "'{}'"
    ) -}}
{% endmacro %}


{#- Characters of a text that a payload holds; the rest is cut off. Mailchimp's merge
    fields hold no more. -#}
{% macro payload_text_length() %}{{ return(255) }}{% endmacro %}
