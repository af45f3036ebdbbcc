{#- Fails unless the checked model holds every row received, and keeps one row of each
    key: of a key that came three times, two rows must have been rejected.

    Arguments: `model`, a staging model; `key`, the list of its key's columns; `checked`,
    the model that gives the reasons and numbers the copies. -#}
{% test repeated_keys_are_rejected(model, key, checked) %}

    {% call segmentation.if_all_are_built() %}

    with

    keys as (

        select
            {{ key | join(', ') }},
            count(*) as n_rows

        from {{ model }}

        group by {{ key | join(', ') }}

    ),

    received as (

        select
            count(*) as n_keys,
            coalesce(sum(n_rows), 0) as n_rows

        from keys

    ),

    kept as (

        select
            coalesce(sum(case when copy_number = 1 then 1 else 0 end), 0) as n_keys,
            count(*) as n_rows

        from {{ checked }}

    )

    select
        received.n_keys as n_keys_received,
        kept.n_keys as n_keys_kept,
        received.n_rows as n_rows_received,
        kept.n_rows as n_rows_checked

    from received

    cross join kept

    where
        received.n_keys != kept.n_keys
        or received.n_rows != kept.n_rows

    {% endcall %}

{% endtest %}
