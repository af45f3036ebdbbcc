{#- SHA-256 of a text with the key of the session before it, for what stays inside: nobody
    can tell it from a list of ids or addresses without the key. SQL; null of null.

    The key never stands in SQL, which logs and artifacts keep. On DuckDB it is the variable
    segmentation_hash_key of the session, which the profile's plugin sets from
    SEGMENTATION_HASH_KEY. Without it, and on other engines, a plain salt that everybody may
    know stands in its place. -#}
{% macro keyed_hash(text) %}
    {{- return(segmentation.sha256(dbt.concat([segmentation.hash_key(), "'|'", text]))) -}}
{% endmacro %}


{#- The key of the session, or the plain salt; SQL of a text. -#}
{% macro hash_key() %}
    {{- return(adapter.dispatch('hash_key', 'segmentation')()) -}}
{% endmacro %}

{% macro default__hash_key() %}{{ return("'segmentation'") }}{% endmacro %}
{% macro duckdb__hash_key() %}
    {{- return("coalesce(getvariable('segmentation_hash_key'), 'segmentation')") -}}
{% endmacro %}


{#- Stop, if customers' addresses were hashed with another key than this run's: a refusal
    would not find them. A pre-hook of what compares the two. -#}
{% macro check_hash_key() %}
    {%- if execute -%}
        {%- set customers = ref('segmentation', 'int_customer_rows__numbered') -%}
        {%- if run_query(
            'select count(*) from ' ~ customers ~ ' where hash_key_check != '
            ~ segmentation.keyed_hash("'check'")
        ).rows[0][0] -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: SEGMENTATION_HASH_KEY is another one than that with which '
                ~ customers ~ ' was built, so that refusals would not be found. Build '
                ~ 'both in one run: dbt build -s int_customer_rows__numbered+'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- After a build, say so if ids of erased customers are hashed without a key. Runs in
    on-run-end. -#}
{% macro tell_missing_hash_key() %}
    {%- set rejected = segmentation.relation_of(
        graph.nodes['model.segmentation.fct_rejected_rows']
    ) -%}
    {%- set n_erased, is_keyless = run_query(
        "select count(*), max(case when " ~ segmentation.hash_key()
        ~ " = 'segmentation' then 1 else 0 end) from " ~ rejected
        ~ " where reject_reason = 'erased_customer'"
    ).rows[0] -%}
    {%- if n_erased and is_keyless -%}
        {%- do exceptions.warn(
            'segmentation: ' ~ n_erased ~ ' keys of rows of erased customers are hashed '
            ~ 'with a salt that everybody may know. Set SEGMENTATION_HASH_KEY in the '
            ~ 'environment, and keep it (docs/reliability.md).'
        ) -%}
    {%- endif -%}
{% endmacro %}
