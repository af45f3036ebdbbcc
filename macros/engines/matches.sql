{#- Whether a text matches a pattern from its beginning to its end; null for null.

    Arguments: `value`, SQL of a text; `pattern`, a regular expression of character classes,
    groups and counts, without backslashes, which engines read differently. -#}
{% macro matches(value, pattern) %}
    {{- return(adapter.dispatch('matches', 'segmentation')(
        value, segmentation.text_literal('^(' ~ pattern ~ ')$')
    )) -}}
{% endmacro %}

{% macro default__matches(value, literal) %}
    {{- return('regexp_like(' ~ value ~ ', ' ~ literal ~ ')') -}}
{% endmacro %}

{% macro duckdb__matches(value, literal) %}
    {{- return('regexp_matches(' ~ value ~ ', ' ~ literal ~ ')') -}}
{% endmacro %}

{% macro postgres__matches(value, literal) %}
    {{- return('(' ~ value ~ ' ~ ' ~ literal ~ ')') -}}
{% endmacro %}

{% macro bigquery__matches(value, literal) %}
    {{- return('regexp_contains(' ~ value ~ ', ' ~ literal ~ ')') -}}
{% endmacro %}

{% macro redshift__matches(value, literal) %}
    {{- return(segmentation.postgres__matches(value, literal)) -}}
{% endmacro %}
