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


{#- Stop if a word is not understood that could be somebody's refusal, and name it with the
    rows that have it. A post-hook; an address in the column is not repeated.

    Argument: `read_words`, the relation of int_words__read. -#}
{% macro stop_at_unknown_words(read_words) %}
    {%- if execute -%}
        {%- set columns = {} -%}
        {%- for row in run_query(
            'select entity, column_name, spelling, n_rows from ' ~ read_words
            ~ ' where meaning is null'
            ~ ' order by entity, column_name, n_rows desc, spelling'
        ).rows -%}
            {%- set spelling = '(an address)' if '@' in row[2] else row[2][:40] -%}
            {%- do columns.setdefault((row[0], row[1]), []).append(
                '"' ~ spelling ~ '" (' ~ row[3] ~ ' rows)'
            ) -%}
        {%- endfor -%}
        {%- set problems = [] -%}
        {%- for column, words in columns.items() -%}
            {%- do problems.append(
                'column ' ~ column[1] ~ ' of ' ~ column[0] ~ ' holds ' ~ words | length
                ~ (' word' if words | length == 1 else ' words')
                ~ ' that segmentation_words does not know, and that could be a refusal: '
                ~ words[:5] | join(', ') ~ (', and others' if words | length > 5 else '')
                ~ '. Add what is meant to a copy of the seed segmentation_words, and name '
                ~ 'the copy in segmentation_refs: {words: my_words}; or map another '
                ~ 'column with segmentation_columns'
            ) -%}
        {%- endfor -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}
