{#- A part of a value of JSON as text: of a text what is in the quotation marks, of an array
    or object its JSON; null of what is no JSON, and where there is no such part.

    Arguments: `json`, SQL of JSON or of a text of it; `keys`, the list of keys that lead to
    the part. -#}
{% macro json_part(json, keys) %}
    {{- return(adapter.dispatch('json_part', 'segmentation')(json, keys)) -}}
{% endmacro %}

{% macro default__json_part(json, keys) %}
    {{- segmentation.raise_problems([segmentation.no_json()]) -}}
{% endmacro %}

{% macro duckdb__json_part(json, keys) %}
    {{- return(
        'json_extract_string(try_cast(' ~ json ~ " as json), '$.\"" ~ keys | join('"."')
        ~ "\"')"
    ) -}}
{% endmacro %}

{% macro postgres__json_part(json, keys) %}
    {{- return('(cast(' ~ json ~ " as jsonb) #>> '{" ~ keys | join(',') ~ "}')") -}}
{% endmacro %}

{% macro spark__json_part(json, keys) %}
    {{- return('get_json_object(' ~ json ~ ", '$." ~ keys | join('.') ~ "')") -}}
{% endmacro %}


{#- The objects in an array of JSON, one row each, in a column `object`. A query.

    Arguments: `relation`, what it is selected from; `array`, SQL of the array, as JSON or
    as a text of it; `kept`, the other columns to select. -#}
{% macro json_objects(relation, array, kept) %}
    {{- return(
        adapter.dispatch('json_objects', 'segmentation')(relation, array, kept)
    ) -}}
{% endmacro %}

{% macro default__json_objects(relation, array, kept) %}
    {{- segmentation.raise_problems([segmentation.no_json()]) -}}
{% endmacro %}

{% macro duckdb__json_objects(relation, array, kept) %}
    {{- return(
        'select ' ~ (kept + ['']) | join(', ') ~ "unnest(json_extract(try_cast(" ~ array
        ~ " as json), '$[*]')) as object from " ~ relation
    ) -}}
{% endmacro %}

{% macro postgres__json_objects(relation, array, kept) %}
    {{- return(
        'select ' ~ (kept + ['object']) | join(', ') ~ ' from ' ~ relation
        ~ ' cross join lateral jsonb_array_elements(cast(' ~ array
        ~ ' as jsonb)) as object'
    ) -}}
{% endmacro %}

{% macro spark__json_objects(relation, array, kept) %}
    {{- return(
        'select ' ~ (kept + ['']) | join(', ') ~ 'explode(from_json(' ~ array
        ~ ", 'array<string>')) as object from " ~ relation
    ) -}}
{% endmacro %}


{#- What is said where an engine's JSON is not read. -#}
{% macro no_json() %}
    {{- return(
        'connector shopify_airbyte cannot read JSON on ' ~ target.type ~ ' yet; read tables '
        ~ 'of your own with connector native'
    ) -}}
{% endmacro %}
