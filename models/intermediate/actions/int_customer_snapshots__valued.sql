-- One row per customer and snapshot: what an order of the customer is worth, what share
-- of it is margin, and how probably one comes without our doing anything.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
{% set horizon_days = var('segmentation_churn_horizon_days') | int %}
with

features as (

    select * from {{ ref('fct_customer_features') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

orders as (

    select * from {{ ref('int_customer_snapshots__ordered') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

margins as (

    select * from {{ ref('int_customer_snapshots__margined') }}

),

scores as (

    select * from {{ ref('fct_customer_scores') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

shop_margins as (

    select
        as_of_date,
        cast(sum(margin_amount) as {{ double }})
        / nullif(cast(sum(paid_amount) as {{ double }}), 0) as margin_rate

    from margins

    group by as_of_date

),

shop_orders as (

    -- the base rates of those who are not scored: what customers like them did in the
    -- last horizon
    select
        features.as_of_date,
        avg(features.average_order_amount) as mean_order_amount,
        avg(
            case
                when features.n_orders >= 2
                    then features.order_amount_stddev * features.order_amount_stddev
            end
        ) as variance_within,
        var_samp(
            case when features.n_orders >= 2 then features.average_order_amount end
        ) as variance_of_means,
        avg(
            case
                when features.n_orders >= 2
                    then
                        features.order_amount_stddev * features.order_amount_stddev
                        / features.n_orders
            end
        ) as variance_of_errors,
        1.0e0 * sum(
            case
                when
                    features.tenure_days > {{ horizon_days }}
                    and features.recency_days < {{ horizon_days }}
                    then 1
                else 0
            end
        )
        / nullif(
            sum(case when features.tenure_days > {{ horizon_days }} then 1 else 0 end),
            0
        ) as p_order_again,
        1.0e0 * sum(
            case
                when
                    {{ segmentation.days_between(
                        'orders.known_on', 'orders.as_of_date'
                    ) }} > {{ horizon_days }}
                    and features.tenure_days <= {{ horizon_days }}
                    then 1
                else 0
            end
        )
        / nullif(
            sum(
                case
                    when
                        {{ segmentation.days_between(
                            'orders.known_on', 'orders.as_of_date'
                        ) }} > {{ horizon_days }}
                        and coalesce(features.tenure_days, 0) <= {{ horizon_days }}
                        then 1
                    else 0
                end
            ),
            0
        ) as p_order_first

    from features

    inner join orders
        on
            features.as_of_date = orders.as_of_date
            and features.customer_id = orders.customer_id

    group by features.as_of_date

),

credibility as (

    -- orders that the shop's mean counts for (Buehlmann 1967): the variance within
    -- customers over that between them
    select
        *,
        variance_within / nullif(
            case
                when variance_of_means > variance_of_errors
                    then variance_of_means - variance_of_errors
            end,
            0
        ) as prior_orders

    from shop_orders

),

joined as (

    select
        features.as_of_date,
        features.customer_id,
        features.has_ordered,
        features.n_orders,
        features.average_order_amount,
        shop_margins.margin_rate as shop_margin_rate,
        cast(margins.paid_amount as {{ double }}) as paid_amount,
        cast(margins.margin_amount as {{ double }}) as margin_amount,
        credibility.mean_order_amount,
        -- without an estimate one order of the customer weighs as much as the shop
        coalesce(credibility.prior_orders, 1) as prior_orders,
        credibility.p_order_again,
        credibility.p_order_first,
        scores.p_churn,
        scores.expected_revenue,
        scores.value_percentile

    from features

    left join credibility
        on features.as_of_date = credibility.as_of_date

    left join shop_margins
        on features.as_of_date = shop_margins.as_of_date

    left join margins
        on
            features.as_of_date = margins.as_of_date
            and features.customer_id = margins.customer_id

    left join scores
        on
            features.as_of_date = scores.as_of_date
            and features.customer_id = scores.customer_id

),

estimated as (

    select
        *,
        case
            when n_orders > 0
                then
                    (n_orders * average_order_amount + prior_orders * mean_order_amount)
                    / (n_orders + prior_orders)
            else mean_order_amount
        end as expected_order_amount,
        -- the shop's margin counts for as many orders as its order value does
        (
            coalesce(margin_amount, 0)
            + shop_margin_rate * prior_orders * mean_order_amount
        ) / nullif(
            coalesce(paid_amount, 0) + prior_orders * mean_order_amount, 0
        ) as measured_margin_rate

    from joined

)

select
    as_of_date,
    customer_id,
    coalesce(
        measured_margin_rate,
        shop_margin_rate,
        cast({{ var('segmentation_margin_rate') }} as {{ double }})
    ) as margin_rate,
    shop_margin_rate is not null as is_margin_measured,
    coalesce(expected_order_amount, 0) as expected_order_amount,
    p_churn is not null as is_scored,
    p_churn,
    expected_revenue,
    value_percentile,
    -- of an order within the horizon
    coalesce(
        1 - p_churn, case when has_ordered then p_order_again else p_order_first end, 0
    ) as p_order

from estimated
