-- One row per scenario and share of the reachable customers contacted.
{% set money = segmentation.type_money() %}
{% set double = segmentation.type_double() %}
{# points of the curve #}
{% set n_points = 50 %}
with

options as (

    select * from {{ ref('int_budget_options__priced') }}

),

best_options as (

    -- one action a customer, the best or the least bad
    select
        *,
        row_number() over (
            partition by scenario, customer_id
            order by
                margin_after_cost_amount desc,
                spend_amount asc,
                action_id asc
        ) as option_rank

    from options

),

contacts as (

    select
        scenario,
        as_of_date,
        customer_id,
        spend_amount,
        margin_after_cost_amount,
        row_number() over (
            partition by scenario
            order by
                margin_after_cost_amount desc,
                customer_id asc
        ) as contact_rank,
        count(*) over (partition by scenario) as n_reachable

    from best_options

    where option_rank = 1

),

points as (

    select
        scenario,
        as_of_date,
        n_reachable,
        cast(
            ceil({{ n_points }} * 1.0e0 * contact_rank / n_reachable)
            as {{ dbt.type_int() }}
        ) as point_number,
        count(*) as n_added,
        sum(spend_amount) as added_cost_amount,
        sum(margin_after_cost_amount) as added_margin_amount

    from contacts

    group by
        scenario,
        as_of_date,
        n_reachable,
        cast(
            ceil({{ n_points }} * 1.0e0 * contact_rank / n_reachable)
            as {{ dbt.type_int() }}
        )

),

accumulated as (

    select
        *,
        sum(n_added) over (
            partition by scenario
            order by point_number asc
            rows between unbounded preceding and current row
        ) as n_contacted,
        sum(added_cost_amount) over (
            partition by scenario
            order by point_number asc
            rows between unbounded preceding and current row
        ) as spend_amount,
        sum(added_margin_amount) over (
            partition by scenario
            order by point_number asc
            rows between unbounded preceding and current row
        ) as margin_after_cost_amount,
        sum(added_margin_amount) over (partition by scenario) as whole_margin_amount

    from points

)

select
    scenario || '|' || cast(point_number as {{ dbt.type_string() }})
        as budget_curve_id,
    as_of_date,
    scenario,
    point_number,
    cast(n_contacted as {{ dbt.type_bigint() }}) as n_contacted,
    cast(n_reachable as {{ dbt.type_bigint() }}) as n_reachable,
    {{ segmentation.ratio('n_contacted', 'n_reachable') }} as contacted_share,
    cast(spend_amount as {{ money }}) as spend_amount,
    cast(margin_after_cost_amount as {{ money }}) as margin_after_cost_amount,
    -- rounded, so that points of equal customers are equal
    round(cast(added_margin_amount as {{ double }}) / n_added, 8) as marginal_margin,
    -- as many customers, drawn by lot
    cast(
        round(
            cast(whole_margin_amount as {{ double }}) * n_contacted / n_reachable, 4
        ) as {{ money }}
    ) as random_margin_amount

from accumulated
