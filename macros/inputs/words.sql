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


{#- The words of one column of the inputs with their meanings, as a query: spelling,
    meaning. -#}
{% macro words_of(entity, column) %}
    {{- return(
        'select spelling, meaning from ' ~ ref('segmentation', 'int_words__read')
        ~ " where entity = '" ~ entity ~ "' and column_name = '" ~ column ~ "'"
    ) -}}
{% endmacro %}


{#- A name of the shop's own in an enumeration that is open, such as the arm `Variant B`:
    variant_b, so that case, space and hyphens make no difference.

    Argument: `value`, SQL of a text. -#}
{% macro label(value) %}
    {{- return(
        'translate(lower(' ~ segmentation.visible_text(value) ~ "), ' -', '__')"
    ) -}}
{% endmacro %}


{#- Stop if a word is not understood that could be somebody's refusal, and name it with the
    rows that have it; warn of other words that are not understood. A post-hook; an address
    in the column is not repeated, and an arm may have any name.

    Argument: `read_words`, the relation of int_words__read. -#}
{% macro stop_at_unknown_words(read_words) %}
    {%- if execute -%}
        {%- set columns = {} -%}
        {%- for row in run_query(
            'select entity, column_name, spelling, n_rows, enumeration from '
            ~ read_words ~ " where meaning is null and enumeration != 'arm'"
            ~ ' order by entity, column_name, n_rows desc, spelling'
        ).rows -%}
            {%- set spelling = '(an address)' if '@' in row[2] else row[2][:40] -%}
            {%- do columns.setdefault((row[0], row[1], row[4]), []).append(
                '"' ~ spelling ~ '" (' ~ row[3] ~ ' rows)'
            ) -%}
        {%- endfor -%}
        {%- set problems = [] -%}
        {%- for column, words in columns.items() -%}
            {%- set could_refuse = column[2] in ['consent', 'boolean', 'email_event_type'] -%}
            {%- set seed = 'order_statuses' if column[2] == 'order_status' else 'words' -%}
            {%- set sentence = 'column ' ~ column[1] ~ ' of ' ~ column[0] ~ ' holds '
                ~ words | length ~ (' word' if words | length == 1 else ' words')
                ~ ' that segmentation_' ~ seed ~ ' does not know'
                ~ (', and that could be a refusal' if could_refuse else '') ~ ': '
                ~ words[:5] | join(', ') ~ (', and others' if words | length > 5 else '')
                ~ '. Add what is meant to a copy of the seed segmentation_' ~ seed
                ~ ', and name the copy in segmentation_refs: {' ~ seed ~ ': my_' ~ seed
                ~ '}; or map another column with segmentation_columns' -%}
            {%- if could_refuse -%}
                {%- do problems.append(sentence) -%}
            {%- else -%}
                {%- do exceptions.warn('segmentation: ' ~ sentence ~ '.') -%}
            {%- endif -%}
        {%- endfor -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}
