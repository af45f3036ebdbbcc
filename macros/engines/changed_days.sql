{#- Models of many rows are made again for the days whose rows have changed since: new
    ones, late ones, and those that were corrected or are gone. Each row keeps the
    fingerprint of the rows that its day was made of, and what has another one now is
    deleted before, and made again by, a build. So a build that was cut short is made good
    by the next, and a full scan of the source is all that a week without changes costs.

    Before an incremental model is built, delete its days whose rows in the source have
    changed. A pre-hook.

    Arguments: `source`, the name of the model that the days are made of; `columns` of it,
    all that the model reads; `day`, the column with the day, in both, never null;
    `condition`, of the rows that count; `key`, of rows that are copies of one another,
    whatever their day. -#}
{% macro forget_changed_days(source, columns, day, condition='1 = 1', key=none) %}
    {%- if is_incremental() -%}
        {%- set received = ref('segmentation', source) -%}
        delete from {{ this }}
        where {{ day }} in (
            with

            received as (

                select
                    {{ day }},
                    {{ segmentation.fingerprint_of_rows(columns) }}
                        as source_fingerprint

                from {{ received }}

                where {{ condition }}

                group by {{ day }}

            ),

            stored as (

                select distinct
                    {{ day }},
                    source_fingerprint

                from {{ this }}

            ),

            changed as (

                select coalesce(stored.{{ day }}, received.{{ day }}) as {{ day }}

                from stored

                full outer join received
                    on
                        stored.{{ day }} = received.{{ day }}
                        and stored.source_fingerprint = received.source_fingerprint

                where
                    stored.{{ day }} is null
                    or received.{{ day }} is null

            )
            {%- if key %},

            changed_keys as (

                select coalesce({{ key }}, '') as copied_key from {{ received }}
                where {{ day }} in (select changed.{{ day }} from changed)

                union distinct

                select coalesce({{ key }}, '') as copied_key from {{ this }}
                where {{ day }} in (select changed.{{ day }} from changed)

            )
            {%- endif %}

            select changed.{{ day }} from changed
            {%- if key %}

            union all

            select {{ day }} from {{ this }}
            where
                coalesce({{ key }}, '')
                in (select changed_keys.copied_key from changed_keys)
            {%- endif %}
        )
    {%- endif -%}
{% endmacro %}


{#- Where-clause on the source of such a model: the days that it lacks. Renders nothing at
    first.

    Arguments: `this_relation`, the model's own relation; `day`, as there. -#}
{% macro where_day_is_lacking(this_relation, day) %}
    {%- if is_incremental() -%}
        where
            {{ day }} not in (
                select distinct stored.{{ day }} from {{ this_relation }} as stored
            )
    {%- endif -%}
{% endmacro %}
