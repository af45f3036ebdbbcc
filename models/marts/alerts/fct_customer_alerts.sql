-- One row per customer and type of alert, as of the last snapshot.
{% set double = segmentation.type_double() %}
with

raised as (

    select * from {{ ref('int_customer_alerts__raised') }}

),

segments as (

    select * from {{ ref('dim_customer_segments') }}

),

valued as (

    select * from {{ ref('int_customer_snapshots__valued') }}

),

stakes as (

    -- without a score: what the customer would bring in the churn horizon
    select
        segments.as_of_date,
        segments.customer_id,
        segments.is_whale,
        segments.has_ordered,
        valued.p_churn,
        valued.is_margin_measured,
        coalesce(valued.p_churn, 1 - valued.p_order) as p_lost,
        coalesce(valued.p_churn, 1 - valued.p_order)
        * valued.margin_rate
        * greatest(
            coalesce(
                valued.expected_revenue,
                valued.p_order * valued.expected_order_amount
            ),
            0
        ) as margin_at_stake

    from segments

    inner join valued
        on
            segments.as_of_date = valued.as_of_date
            and segments.customer_id = valued.customer_id

),

limits as (

    -- what is much for this shop
    select
        percentile_cont(0.5) within group (order by margin_at_stake) as median_stake,
        percentile_cont(0.8) within group (order by margin_at_stake) as high_stake

    from stakes

    where has_ordered

),

judged as (

    select
        raised.as_of_date,
        raised.customer_id,
        case
            when raised.alert_type = 'slowing' and stakes.is_whale
                then 'whale_slowing'
            else raised.alert_type
        end as alert_type,
        raised.alert_reason,
        raised.p_false_alarm,
        raised.started_on,
        raised.expires_on,
        stakes.p_churn,
        stakes.margin_at_stake,
        stakes.is_whale,
        stakes.is_margin_measured,
        case
            when
                stakes.margin_at_stake > 0
                and stakes.margin_at_stake >= limits.high_stake
                and (
                    stakes.is_whale
                    or stakes.p_lost >= {{ var('segmentation_medium_churn') }}
                )
                then 'high'
            when
                stakes.margin_at_stake > 0
                and (
                    stakes.margin_at_stake >= limits.median_stake
                    or stakes.p_lost >= {{ var('segmentation_high_churn') }}
                )
                then 'medium'
            else 'low'
        end as severity

    from raised

    inner join stakes
        on
            raised.as_of_date = stakes.as_of_date
            and raised.customer_id = stakes.customer_id

    cross join limits

)

select
    -- ids
    customer_id || '|' || alert_type as customer_alert_id,
    as_of_date,
    customer_id,

    -- strings
    alert_type,
    severity,
    alert_reason,

    -- numerics
    cast(
        row_number() over (
            partition by customer_id
            order by
                case alert_type
                    when 'complaint' then 1
                    when 'whale_slowing' then 2
                    when 'slowing' then 3
                    when 'frequency_drop' then 4
                    else 5
                end asc
        ) as {{ dbt.type_int() }}
    ) as alert_number,
    cast(p_churn as {{ double }}) as p_churn,
    cast(round(margin_at_stake, 4) as {{ segmentation.type_money() }})
        as margin_at_stake_amount,
    cast(p_false_alarm as {{ double }}) as p_false_alarm,

    -- booleans
    is_whale,
    is_margin_measured,

    -- timestamps
    started_on,
    expires_on

from judged
