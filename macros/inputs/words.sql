{#- A word of an enumeration as it is looked up in segmentation_words: in lower case,
    without white space and punctuation, so that `Spam Report`, `spam_report` and
    `SPAMREPORT` are one; null if nothing is left. What holds no letter keeps all of it but
    decimals of nought: 1.0 is 1, and -1 is not.

    Argument: `value`, SQL of a text, number or boolean. -#}
{% macro word(value) %}
    {%- set text = segmentation.visible_text(
        'cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')'
    ) -%}
    {{- return(
        'case when lower(' ~ text ~ ') != upper(' ~ text ~ ") then translate(lower("
        ~ text ~ "), ' _-./:', '') else " ~ segmentation.without_zero_decimals(text)
        ~ ' end'
    ) -}}
{% endmacro %}


{#- A text without a decimal point that only noughts follow: 1.00 as 1. -#}
{% macro without_zero_decimals(value) %}
    {{- return("regexp_replace(" ~ value ~ ", '[.]0*$', '')") -}}
{% endmacro %}
