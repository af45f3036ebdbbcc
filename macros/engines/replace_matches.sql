{#- A text with something else in place of every match of a pattern.

    Arguments: `value`, SQL of a text; `pattern`, a regular expression without backslashes;
    `replacement`, a text. -#}
{% macro replace_matches(value, pattern, replacement) %}
    {{- return(adapter.dispatch('replace_matches', 'segmentation')(
        value, segmentation.text_literal(pattern), segmentation.text_literal(replacement)
    )) -}}
{% endmacro %}

{#- replaces every match without being told to -#}
{% macro default__replace_matches(value, pattern, replacement) %}
    {{- return('regexp_replace(' ~ value ~ ', ' ~ pattern ~ ', ' ~ replacement ~ ')') -}}
{% endmacro %}

{% macro duckdb__replace_matches(value, pattern, replacement) %}
    {{- return(
        'regexp_replace(' ~ value ~ ', ' ~ pattern ~ ', ' ~ replacement ~ ", 'g')"
    ) -}}
{% endmacro %}

{% macro postgres__replace_matches(value, pattern, replacement) %}
    {{- return(segmentation.duckdb__replace_matches(value, pattern, replacement)) -}}
{% endmacro %}
