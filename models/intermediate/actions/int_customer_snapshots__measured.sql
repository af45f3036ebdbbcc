-- One row per customer, snapshot and measure that triggers are made of. Whatever is
-- unknown has no row, and fires nothing.
{{ config(materialized='view') }}
{% set double = segmentation.type_double() %}
{# a measure, and the days in which it grows by one: a day for what the clock moves,
   null for what the customer moves #}
{% set measures = {
    'n_orders': none,
    'n_orders_month_ago': none,
    'days_known': '1',
    'recency_days': '1',
    'gap_ratio': 'gap_unit_days',
    'order_rate_ratio': none,
    'previous_gap_days': none,
    'days_since_abandoned_cart': '1',
    'days_since_complaint': '1',
    'days_since_engaged': '1',
    'days_since_ordered_or_known': '1',
    'days_to_birthday': '1',
    'n_sessions_30d': none,
    'revenue_percentile': none,
    'expected_revenue_percentile': none,
    'is_whale': none,
} %}
with

features as (

    select * from {{ ref('fct_customer_features') }}

),

orders as (

    select * from {{ ref('int_customer_snapshots__ordered') }}

),

noticed as (

    select * from {{ ref('int_customer_snapshots__noticed') }}

),

valued as (

    select * from {{ ref('int_customer_snapshots__valued') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

joined as (

    select
        features.as_of_date,
        features.customer_id,
        features.n_orders,
        features.n_orders - features.n_orders_30d as n_orders_month_ago,
        {{ segmentation.days_between('orders.known_on', 'features.as_of_date') }}
            as days_known,
        features.recency_days,
        features.gap_ratio,
        case when features.median_gap_days > 1 then features.median_gap_days else 1 end
            as gap_unit_days,
        -- the rate of the last 90 days over the own rate of the year before them
        case
            when features.tenure_days >= 180
                then
                    (features.n_orders_90d / 90.0)
                    / nullif(
                        1.0 * (features.n_orders_365d - features.n_orders_90d)
                        / (least(features.tenure_days, 365) - 90),
                        0
                    )
        end as order_rate_ratio,
        noticed.previous_gap_days,
        {{ segmentation.days_between(
            'noticed.cart_abandoned_on', 'features.as_of_date'
        ) }} as days_since_abandoned_cart,
        {{ segmentation.days_between('noticed.complained_on', 'features.as_of_date') }}
            as days_since_complaint,
        -- who opened a mail within 90 days is there
        case
            when coalesce(features.n_emails_opened_90d, 0) > 0 then 0
            else least(
                coalesce(features.recency_days, 100000),
                coalesce(features.days_since_last_visit, 100000),
                {{ segmentation.days_between(
                    'orders.known_on', 'features.as_of_date'
                ) }}
            )
        end as days_since_engaged,
        coalesce(
            features.recency_days,
            {{ segmentation.days_between('orders.known_on', 'features.as_of_date') }}
        ) as days_since_ordered_or_known,
        {{ segmentation.days_between(
            'noticed.next_birthday_on', 'features.as_of_date'
        ) }} as days_to_birthday,
        features.n_sessions_30d,
        case
            when features.has_ordered
                then percent_rank() over (
                    partition by features.as_of_date, features.has_ordered
                    order by features.net_amount asc
                )
        end as revenue_percentile,
        case
            when valued.expected_revenue is not null
                then percent_rank() over (
                    partition by
                        features.as_of_date,
                        case when valued.expected_revenue is null then 0 else 1 end
                    order by valued.expected_revenue asc
                )
        end as expected_revenue_percentile,
        case when confirmed.is_whale then 1 else 0 end as is_whale

    from features

    inner join orders
        on
            features.as_of_date = orders.as_of_date
            and features.customer_id = orders.customer_id

    inner join noticed
        on
            features.as_of_date = noticed.as_of_date
            and features.customer_id = noticed.customer_id

    inner join valued
        on
            features.as_of_date = valued.as_of_date
            and features.customer_id = valued.customer_id

    left join confirmed
        on
            features.as_of_date = confirmed.as_of_date
            and features.customer_id = confirmed.customer_id

)

{% for measure, unit_days in measures.items() %}
    select
        as_of_date,
        customer_id,
        '{{ measure }}' as trigger_measure,
        cast({{ measure }} as {{ double }}) as trigger_value,
        cast({{ unit_days or 'null' }} as {{ double }}) as unit_days
    from joined
    where {{ measure }} is not null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
