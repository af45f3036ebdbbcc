{#- The digits of a text, without all else. Argument: `value`, SQL of a text. -#}
{% macro only_digits(value) %}
    {{- return(segmentation.replace_matches(value, '[^0-9]', '')) -}}
{% endmacro %}
