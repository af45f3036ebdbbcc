{#- Texts of a group, sorted and joined; null of none. dbt's own does not sort on Spark.

    Arguments: `value`, SQL of a text; `delimiter`, SQL of what parts them. -#}
{% macro sorted_texts(value, delimiter) %}
    {{- return(adapter.dispatch('sorted_texts', 'segmentation')(value, delimiter)) -}}
{% endmacro %}

{% macro default__sorted_texts(value, delimiter) %}
    {{- return(dbt.listagg(value, delimiter, 'order by ' ~ value)) -}}
{% endmacro %}

{% macro spark__sorted_texts(value, delimiter) %}
    {{- return(
        'nullif(array_join(array_sort(collect_list(' ~ value ~ ')), ' ~ delimiter
        ~ "), '')"
    ) -}}
{% endmacro %}
