-- One row per customer and snapshot: the measures that triggers are made of, null where
-- they are unknown.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set alert_types = ['slowing', 'frequency_drop', 'cart_abandoned', 'complaint'] %}
with

features as (

    select * from {{ ref('fct_customer_features') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

orders as (

    select * from {{ ref('int_customer_snapshots__ordered') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

noticed as (

    select * from {{ ref('int_customer_snapshots__noticed') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

valued as (

    select * from {{ ref('int_customer_snapshots__valued') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

-- the usual gap of the shop, in whole weeks: a week's noise moves nobody's clock
rhythms as (

    select
        as_of_date,
        7 * round(
            percentile_cont(0.5) within group (order by median_gap_days) / 7
        ) as shop_gap_days

    from features

    where median_gap_days is not null

    group by as_of_date

),

clocks as (

    -- calendar days that a day of the clock takes: a day for whoever orders as often as
    -- the triggers are meant for or oftener, as series in fewer days would be missed by
    -- snapshots; and no more than three, as nobody remembers a shop for ever
    select
        features.as_of_date,
        features.customer_id,
        least(
            greatest(
                cast(
                    coalesce(features.median_gap_days, rhythms.shop_gap_days, 0)
                    as {{ segmentation.type_double() }}
                ) / {{ var('segmentation_clock_gap_days') }},
                1
            ),
            3
        ) as clock_day_days

    from features

    left join rhythms
        on features.as_of_date = rhythms.as_of_date

),

raised as (

    select * from {{ ref('int_customer_alerts__raised') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

engaged as (

    -- who opened a mail within 90 days is there
    select
        features.as_of_date,
        features.customer_id,
        case
            when coalesce(features.n_emails_opened_90d, 0) > 0 then 0
            else least(
                coalesce(features.recency_days, 100000),
                coalesce(features.days_since_last_visit, 100000),
                {{ segmentation.days_between(
                    'orders.known_on', 'features.as_of_date'
                ) }}
            )
        end as days_since_engaged

    from features

    inner join orders
        on
            features.as_of_date = orders.as_of_date
            and features.customer_id = orders.customer_id

),

alerts as (

    -- the days on which those began that stand
    select
        as_of_date,
        customer_id,
        {% for alert_type in alert_types %}
            max(case when alert_type = '{{ alert_type }}' then started_on end)
                as {{ alert_type }}_since
            {%- if not loop.last %},{% endif +%}
        {% endfor %}

    from raised

    group by
        as_of_date,
        customer_id

)

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
    {{ segmentation.days_between('alerts.slowing_since', 'features.as_of_date') }}
        as days_slowing,
    case when alerts.frequency_drop_since is null then 0 else 1 end
        as frequency_drop_indicator,
    noticed.previous_gap_days,
    {{ segmentation.days_between(
        'alerts.cart_abandoned_since', 'features.as_of_date'
    ) }} as days_since_abandoned_cart,
    {{ segmentation.days_between('alerts.complaint_since', 'features.as_of_date') }}
        as days_since_complaint,
    engaged.days_since_engaged,
    round(features.recency_days / clocks.clock_day_days, 6) as absent_days,
    round(engaged.days_since_engaged / clocks.clock_day_days, 6) as unengaged_days,
    clocks.clock_day_days,
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
    -- a ranking is enough for it
    valued.value_percentile as expected_revenue_percentile,
    case when confirmed.is_whale then 1 else 0 end as whale_indicator

from features

inner join orders
    on
        features.as_of_date = orders.as_of_date
        and features.customer_id = orders.customer_id

inner join clocks
    on
        features.as_of_date = clocks.as_of_date
        and features.customer_id = clocks.customer_id

inner join engaged
    on
        features.as_of_date = engaged.as_of_date
        and features.customer_id = engaged.customer_id

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

left join alerts
    on
        features.as_of_date = alerts.as_of_date
        and features.customer_id = alerts.customer_id
