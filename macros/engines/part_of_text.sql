{#- A part of a text between delimiters; empty or null past the last one, by engine. dbt's
    own takes no column for the number on Spark and BigQuery, and stops past the last part
    on Spark.

    Arguments: `text`, `delimiter`, SQL of texts; `number`, SQL or a number from 1 on. -#}
{% macro part_of_text(text, delimiter, number) %}
    {{- return(adapter.dispatch('part_of_text', 'segmentation')(
        text, delimiter, number
    )) -}}
{% endmacro %}

{% macro default__part_of_text(text, delimiter, number) %}
    {{- return('split_part(' ~ text ~ ', ' ~ delimiter ~ ', ' ~ number ~ ')') -}}
{% endmacro %}

{% macro bigquery__part_of_text(text, delimiter, number) %}
    {{- return(
        'split(' ~ text ~ ', ' ~ delimiter ~ ')[safe_offset(' ~ number ~ ' - 1)]'
    ) -}}
{% endmacro %}
