{#- A feature and its value in words, such as `last order 132 days ago`; its own words where
    the value is null. SQL of a text, never null; a feature that has no words shows its name
    with blanks.

    Arguments: `words`, a relation with the columns of the seed segmentation_feature_words,
    joined by feature; `name` and `value`, SQL of the feature's name and of the number. -#}
{% macro feature_in_words(words, name, value) %}
    {%- set plain_name = "replace(" ~ name ~ ", '_', ' ')" -%}
    case
        when {{ value }} is null
            then coalesce({{ words }}.words_unknown, {{ plain_name }} || ' not known')
        else
            trim(
                case
                    when {{ words }}.feature_name is null then {{ plain_name }}
                    else coalesce({{ words }}.words_before, '')
                end || ' '
                || {{ segmentation.whole_text(
                    value ~ ' * coalesce(' ~ words ~ '.factor, 1)'
                ) }}
                || ' ' || coalesce({{ words }}.words_after, '')
            )
    end
{%- endmacro %}
