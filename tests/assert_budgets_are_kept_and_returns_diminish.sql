-- No budget is overspent, a larger one never earns less, and each customer more on the
-- profit curve adds no more than the one before.
{% call segmentation.if_all_are_built() %}
with

allocations as (

    select * from {{ ref('fct_budget_allocations') }}

),

curves as (

    select * from {{ ref('fct_budget_curves') }}

),

totals as (

    select
        scenario,
        budget,
        budget_amount,
        sum(spend_amount) as spend_amount,
        sum(margin_after_cost_amount) as margin_after_cost_amount

    from allocations

    group by
        scenario,
        budget,
        budget_amount

),

compared as (

    select
        *,
        lag(margin_after_cost_amount) over (
            partition by scenario
            order by budget_amount asc, budget asc
        ) as smaller_margin_amount

    from totals

),

sloped as (

    select
        *,
        lag(marginal_margin) over (
            partition by scenario
            order by point_number asc
        ) as marginal_margin_before

    from curves

)

select
    'budget' as claim,
    scenario,
    budget as place

from compared

where
    spend_amount > budget_amount
    or margin_after_cost_amount < smaller_margin_amount

union all

select
    'curve' as claim,
    scenario,
    cast(point_number as {{ dbt.type_string() }}) as place

from sloped

where
    marginal_margin > marginal_margin_before
    or n_contacted > n_reachable

{% endcall %}
