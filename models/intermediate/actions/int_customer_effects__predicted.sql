-- One row per customer, snapshot and action that was tried, where actions are chosen
-- customer by customer: extra orders that the action is expected to bring from them.
{#- no history of its own: where one action for all is used it has no row -#}
{{ config(materialized='view') }}
{% set double = segmentation.type_double() %}
-- the features of tables.POLICY_FEATURES, and whether as the logarithm of one more
{% set features = {
    'recency_days': true,
    'n_orders': true,
    'average_order_amount': true,
    'discount_share': false,
    'n_orders_90d': true,
} %}
with

customers as (

    select * from {{ ref('fct_customer_features') }}

),

valued as (

    select * from {{ ref('int_customer_snapshots__valued') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

policies as (

    select * from {{ ref('int_action_policies__effective') }}
    where is_personal

),

learned as (

    select * from {{ ref('int_action_policies__learned') }}

),

days as (

    select distinct
        as_of_date,
        measured_on

    from policies

),

scalings as (

    select
        measured_on,
        feature_name,
        max(case when item = 'center' then numeric_value end) as center,
        max(case when item = 'scale' then numeric_value end) as scale

    from learned

    where section = 'feature'

    group by
        measured_on,
        feature_name

),

terms as (

    select
        measured_on,
        action_id,
        item as first_name,
        feature_name as second_name,
        numeric_value as coefficient

    from learned

    where
        section = 'term'
        and numeric_value != 0

),

described as (

    {% for feature, is_log in features.items() %}
        select
            as_of_date,
            customer_id,
            '{{ feature }}' as feature_name,
            {% if is_log %}
                case
                    when {{ feature }} is not null
                        then ln(1 + greatest(cast({{ feature }} as {{ double }}), 0))
                end as feature_value
            {% else %}
                cast({{ feature }} as {{ double }}) as feature_value
            {% endif %}
        from customers
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

scored as (

    -- what is unknown counts as the mean; one whale bends no curve
    select
        described.as_of_date,
        described.customer_id,
        described.feature_name,
        days.measured_on,
        -- least and greatest pass over nulls
        case
            when described.feature_value is null then 0
            else
                least(
                    greatest(
                        (described.feature_value - scalings.center) / scalings.scale,
                        -3
                    ),
                    3
                )
        end as feature_score

    from described

    inner join days
        on described.as_of_date = days.as_of_date

    inner join scalings
        on
            days.measured_on = scalings.measured_on
            and described.feature_name = scalings.feature_name

    union all

    select
        confirmed.as_of_date,
        confirmed.customer_id,
        confirmed.segment_id as feature_name,
        days.measured_on,
        cast(1 as {{ double }}) as feature_score

    from confirmed

    inner join days
        on confirmed.as_of_date = days.as_of_date

),

differences as (

    select
        first_scores.as_of_date,
        first_scores.customer_id,
        terms.action_id,
        sum(
            terms.coefficient
            * first_scores.feature_score
            * coalesce(second_scores.feature_score, 1)
        ) as difference

    from scored as first_scores

    inner join terms
        on
            first_scores.measured_on = terms.measured_on
            and first_scores.feature_name = terms.first_name

    left join scored as second_scores
        on
            first_scores.as_of_date = second_scores.as_of_date
            and first_scores.customer_id = second_scores.customer_id
            and terms.second_name = second_scores.feature_name

    group by
        first_scores.as_of_date,
        first_scores.customer_id,
        terms.action_id

),

predicted as (

    -- differences are learned in order value, and are extra orders of this customer's
    select
        valued.as_of_date,
        valued.customer_id,
        policies.action_id,
        policies.effect
        + (policies.intercept + coalesce(differences.difference, 0))
        / valued.expected_order_amount as effect,
        sqrt(
            power(policies.standard_error, 2)
            + power(policies.difference_error / valued.expected_order_amount, 2)
        ) as standard_error

    from valued

    inner join policies
        on valued.as_of_date = policies.as_of_date

    left join differences
        on
            valued.as_of_date = differences.as_of_date
            and valued.customer_id = differences.customer_id
            and policies.action_id = differences.action_id

    where valued.expected_order_amount > 0

)

select
    as_of_date,
    customer_id,
    action_id,
    -- sums of doubles agree in twelve digits, whatever their order
    round(effect, 9) as effect,
    round(effect - 1.96e0 * standard_error, 9) as ci_low,
    round(effect + 1.96e0 * standard_error, 9) as ci_high

from predicted
