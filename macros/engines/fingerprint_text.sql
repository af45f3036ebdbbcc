{#- Columns as one text for hashing, nulls told apart from empty text. The columns are
    texts, dates, timestamps and booleans, which every engine casts alike; numbers are
    to be rounded and cast by the caller. -#}
{% macro fingerprint_text(columns) %}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append(
            "coalesce(cast(" ~ column ~ ' as ' ~ dbt.type_string() ~ "), '~')"
        ) -%}
    {%- endfor -%}
    {{- return(parts | join(" || '|' || ")) -}}
{% endmacro %}
