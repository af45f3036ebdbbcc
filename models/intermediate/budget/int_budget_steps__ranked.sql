-- One row per scenario, customer and step: from nothing to the action with the most
-- margin per unit of cost, from there to a dearer one where that pays more, best first.
-- Taking the steps in order spends any budget best: they are the linear relaxation of
-- the multiple-choice knapsack (Sinha and Zoltners 1979, Zemel 1980). A customer's
-- steps lie on the upper hull of the options, so that none comes before an earlier one.
{% set double = segmentation.type_double() %}
{# who has more sensible offers of rising cost than this keeps the cheaper ones #}
{% set n_steps = 5 %}
with

options as (

    select * from {{ ref('int_budget_options__priced') }}

),

states_0 as (

    select
        scenario,
        customer_id,
        cast(0 as {{ segmentation.type_money() }}) as spend_amount,
        cast(0 as {{ segmentation.type_money() }}) as margin_after_cost_amount

    from options

    group by
        scenario,
        customer_id

),

{% for step in range(1, n_steps + 1) %}
    rises_{{ step }} as (

        select
            options.scenario,
            options.customer_id,
            options.segment_id,
            options.channel,
            options.action_id,
            options.spend_amount,
            options.margin_after_cost_amount,
            options.spend_amount - states_{{ step - 1 }}.spend_amount
                as added_cost_amount,
            options.margin_after_cost_amount
            - states_{{ step - 1 }}.margin_after_cost_amount as added_margin_amount,
            row_number() over (
                partition by options.scenario, options.customer_id
                order by
                    cast(
                        options.margin_after_cost_amount
                        - states_{{ step - 1 }}.margin_after_cost_amount
                        as {{ double }}
                    )
                    -- what costs nothing comes before everything
                    / greatest(
                        cast(
                            options.spend_amount - states_{{ step - 1 }}.spend_amount
                            as {{ double }}
                        ),
                        0.00001
                    ) desc,
                    options.spend_amount desc,
                    options.action_id asc
            ) as steepness

        from options

        inner join states_{{ step - 1 }}
            on
                options.scenario = states_{{ step - 1 }}.scenario
                and options.customer_id = states_{{ step - 1 }}.customer_id

        where
            {% if step == 1 %}
                options.margin_after_cost_amount > 0
            {% else %}
                options.spend_amount > states_{{ step - 1 }}.spend_amount
                and options.margin_after_cost_amount
                > states_{{ step - 1 }}.margin_after_cost_amount
            {% endif %}

    ),

    states_{{ step }} as (

        select * from rises_{{ step }}
        where steepness = 1

    ),

{% endfor %}

steps as (

    {% for step in range(1, n_steps + 1) %}
        select
            scenario,
            customer_id,
            {{ step }} as step_number,
            segment_id,
            channel,
            action_id,
            added_cost_amount,
            added_margin_amount
        from states_{{ step }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

sloped as (

    select
        *,
        cast(added_margin_amount as {{ double }})
        / greatest(cast(added_cost_amount as {{ double }}), 0.00001)
            as marginal_return

    from steps

)

select
    scenario,
    customer_id,
    cast(step_number as {{ dbt.type_int() }}) as step_number,
    segment_id,
    channel,
    action_id,
    added_cost_amount,
    added_margin_amount,
    marginal_return,
    sum(added_cost_amount) over (
        partition by scenario
        order by
            marginal_return desc,
            customer_id asc,
            step_number asc
        rows between unbounded preceding and current row
    ) as spent_amount,
    sum(added_margin_amount) over (
        partition by scenario
        order by
            marginal_return desc,
            customer_id asc,
            step_number asc
        rows between unbounded preceding and current row
    ) as earned_amount

from sloped
