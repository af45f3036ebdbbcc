-- The moves that the price of confirmation counts are the weekly migrations between
-- segments of customers with orders.
{% call segmentation.if_all_are_built() %}
with

costs as (

    select * from {{ ref('fct_segment_confirmation_costs') }}

),

migrations as (

    select * from {{ ref('fct_segment_migrations') }}

),

moves as (

    select
        period_end_date,
        sum(case when is_stay then 0 else n_customers end) as n_moves,
        sum(n_customers) as n_customers

    from migrations

    where
        grain = 'week'
        and from_segment_id != 'prospects'
        and to_segment_id != 'prospects'

    group by period_end_date

)

select
    costs.as_of_date,
    costs.n_published_moves,
    moves.n_moves,
    costs.n_customers,
    moves.n_customers as n_customers_expected

from costs

full outer join moves
    on costs.as_of_date = moves.period_end_date

where
    coalesce(costs.n_published_moves, 0) != coalesce(moves.n_moves, 0)
    or coalesce(costs.n_customers, 0) != coalesce(moves.n_customers, 0)

{% endcall %}
