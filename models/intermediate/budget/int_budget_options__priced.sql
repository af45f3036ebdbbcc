-- One row per scenario, customer and allowed action of the last snapshot: what the
-- action costs and what margin it leaves after that.
{{ config(materialized='view') }}
{% set money = segmentation.type_money() %}
with

priced as (

    select * from {{ ref('int_customer_actions__priced') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

current_options as (

    -- rules have no price and no budget
    select priced.*

    from priced

    inner join last_snapshot
        on priced.as_of_date = last_snapshot.as_of_date

    where priced.expected_uplift is not null

),

scenarios as (

    {% for scenario, factors in segmentation.budget_scenarios().items() %}
        select
            '{{ scenario }}' as scenario,
            as_of_date,
            customer_id,
            segment_id,
            channel,
            action_id,
            {{ factors.response }}e0 * {{ factors.uplift }} as uplift,
            {{ factors.margin }}e0 * order_margin_amount as order_margin_amount,
            p_order_anyway,
            {{ factors.cost }}e0 * offer_cost_per_order_amount
                as offer_cost_per_order_amount,
            {{ factors.cost }}e0 * contact_cost_amount as contact_cost_amount
        from current_options
        {% if factors.is_measured_only %}where evidence = 'measured'{% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    scenario,
    as_of_date,
    customer_id,
    segment_id,
    channel,
    action_id,
    cast(
        round(
            greatest(p_order_anyway + uplift, 0) * offer_cost_per_order_amount
            + contact_cost_amount,
            4
        ) as {{ money }}
    ) as spend_amount,
    cast(
        round(
            uplift * order_margin_amount
            - greatest(p_order_anyway + uplift, 0) * offer_cost_per_order_amount
            - contact_cost_amount,
            4
        ) as {{ money }}
    ) as margin_after_cost_amount

from scenarios
