{#- Characters of no width, which make two texts differ that look the same: soft hyphens,
    joiners, marks of direction, byte order marks, variation selectors. -#}
{% macro characters_without_width() %}
    {{- return(
        "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e"
        ~ "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
        ~ "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206b\u206c"
        ~ "\u206d\u206e\u206f\u3164\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07"
        ~ "\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f\ufeff\uffa0\ufff9\ufffa\ufffb"
    ) -}}
{% endmacro %}


{#- White space of Unicode beyond ASCII, and the control characters from 128 on. -#}
{% macro wide_spaces() %}
    {{- return(
        "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c"
        ~ "\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098"
        ~ "\u0099\u009a\u009b\u009c\u009d\u009e\u009f\u00a0\u1680\u2000\u2001\u2002\u2003"
        ~ "\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
    ) -}}
{% endmacro %}


{#- A text as a reader sees it: without characters of no width, with a plain space for each
    other white space and control character, without spaces at its ends; null if nothing
    is left.

    Argument: `value`, SQL of a text. -#}
{% macro visible_text(value) %}
    {{- return(adapter.dispatch('visible_text', 'segmentation')(value)) -}}
{% endmacro %}

{% macro default__visible_text(value, codes=range(1, 32)) %}
    {%- set controls = [] -%}
    {%- for code in codes -%}
        {%- do controls.append(segmentation.character(code)) -%}
    {%- endfor -%}
    {%- do controls.append(segmentation.character(127)) -%}
    {%- set spaces = segmentation.wide_spaces() -%}
    {%- set hidden = segmentation.characters_without_width() -%}
    {#- what translate has no character for is taken out -#}
    {{- return(
        'nullif(trim(translate(' ~ value ~ ", '" ~ spaces ~ "' || "
        ~ controls | join(' || ') ~ " || '" ~ hidden ~ "', '"
        ~ ' ' * (spaces | length + controls | length) ~ "')), '')"
    ) -}}
{% endmacro %}

{#- DuckDB's translate takes half a minute for a million texts: those of plain ASCII,
    without a space at their ends, are as a reader sees them already -#}
{% macro duckdb__visible_text(value) %}
    {{- return(
        'case when regexp_full_match(' ~ value ~ ", '[!-~]([ -~]*[!-~])?') then "
        ~ value ~ ' else '
        ~ segmentation.default__visible_text(value, range(32)) ~ ' end'
    ) -}}
{% endmacro %}
