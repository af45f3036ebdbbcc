-- One row per scenario, budget, segment, channel and action.
{% set money = segmentation.type_money() %}
{% set double = segmentation.type_double() %}
{% set amounts = var('segmentation_budgets') or [] %}
with

steps as (

    select * from {{ ref('int_budget_steps__ranked') }}

),

options as (

    select * from {{ ref('int_budget_options__priced') }}

),

audiences as (

    select
        scenario,
        as_of_date,
        segment_id,
        channel,
        action_id,
        count(*) as n_audience

    from options

    group by
        scenario,
        as_of_date,
        segment_id,
        channel,
        action_id

),

whole as (

    -- everything that pays, if everything goes as expected
    select sum(added_cost_amount) as spend_amount
    from steps
    where scenario = 'expected'

),

budgets as (

    {% if amounts %}
        {% for amount in amounts %}
            select
                '{{ amount }}' as budget,
                cast({{ amount }} as {{ money }}) as budget_amount
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    {% else %}
        {% for share in [0.1, 0.25, 0.5, 1, 2] %}
            select
                '{{ share }} of all that pays' as budget,
                cast({{ share }}e0 * spend_amount as {{ money }}) as budget_amount
            from whole
            where spend_amount > 0
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    {% endif %}

),

affordable as (

    select
        budgets.budget,
        budgets.budget_amount,
        steps.*,
        row_number() over (
            partition by budgets.budget, steps.scenario, steps.customer_id
            order by steps.step_number desc
        ) as step_from_last,
        sum(steps.added_cost_amount) over (
            partition by budgets.budget, steps.scenario, steps.customer_id
        ) as spend_amount,
        sum(steps.added_margin_amount) over (
            partition by budgets.budget, steps.scenario, steps.customer_id
        ) as margin_after_cost_amount

    from budgets

    inner join steps
        on budgets.budget_amount >= steps.spent_amount

),

margins_of_budget as (

    -- what the next unit of the budget would bring
    select
        budgets.budget,
        steps.scenario,
        max(steps.marginal_return) as marginal_return

    from budgets

    inner join steps
        on budgets.budget_amount < steps.spent_amount

    group by
        budgets.budget,
        steps.scenario

),

allocated as (

    select
        budget,
        budget_amount,
        scenario,
        segment_id,
        channel,
        action_id,
        count(*) as n_customers,
        sum(spend_amount) as spend_amount,
        sum(margin_after_cost_amount) as margin_after_cost_amount

    from affordable

    where step_from_last = 1

    group by
        budget,
        budget_amount,
        scenario,
        segment_id,
        channel,
        action_id

)

select
    allocated.scenario || '|' || allocated.budget || '|' || allocated.segment_id || '|'
    || allocated.action_id as budget_allocation_id,
    audiences.as_of_date,
    allocated.scenario,
    allocated.budget,
    allocated.segment_id,
    allocated.channel,
    allocated.action_id,
    allocated.budget_amount,
    cast(allocated.n_customers as {{ dbt.type_bigint() }}) as n_customers,
    cast(audiences.n_audience as {{ dbt.type_bigint() }}) as n_audience,
    cast(allocated.spend_amount as {{ money }}) as spend_amount,
    cast(allocated.margin_after_cost_amount as {{ money }})
        as margin_after_cost_amount,
    cast(allocated.margin_after_cost_amount as {{ double }})
    / nullif(cast(allocated.spend_amount as {{ double }}), 0) as return_on_cost,
    coalesce(margins_of_budget.marginal_return, 0) as marginal_return

from allocated

inner join audiences
    on
        allocated.scenario = audiences.scenario
        and allocated.segment_id = audiences.segment_id
        and allocated.channel = audiences.channel
        and allocated.action_id = audiences.action_id

left join margins_of_budget
    on
        allocated.budget = margins_of_budget.budget
        and allocated.scenario = margins_of_budget.scenario
