{#- SHA-256 of a text with the key of the session before it, for what is kept of addresses,
    of numbers and of who is erased: nobody can tell it from a list without the key. SQL;
    null of null.

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
