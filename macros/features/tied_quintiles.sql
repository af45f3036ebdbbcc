{#- A common table expression's body: the score 1 to 5 of each distinct value among its
    snapshot's customers. Customers with the same value get the same score, that of
    their middle rank, so that ties and tiny shops neither split nor overflow: when all
    are equal, all get 3.

    Arguments: `relation`, rows with as_of_date; `measure`, a column of it, nulls are
    left out; `direction`, asc if more is better, desc if less is.
    Gives as_of_date, the measure, and score. -#}
{% macro tied_quintiles(relation, measure, direction) %}
    select
        as_of_date,
        {{ measure }},
        cast(
            floor(
                5.0e0 * (
                    sum(n_customers) over (
                        partition by as_of_date
                        order by {{ measure }} {{ direction }}
                        rows between unbounded preceding and current row
                    ) - n_customers / 2.0e0
                ) / nullif(sum(n_customers) over (partition by as_of_date), 0)
            ) as {{ dbt.type_int() }}
        ) + 1 as score

    from {{ relation }}
{% endmacro %}
