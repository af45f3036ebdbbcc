-- One row per customer, snapshot and type of alert: what is out of the ordinary with
-- the customer, and since when. Alerts and triggers both read it.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
{% set alert_days = var('segmentation_alert_days') %}
{% set false_rate = 'cast(' ~ [
    var('segmentation_alert_false_rate') | float, 0.000001
] | max ~ ' as ' ~ double ~ ')' %}
-- gaps between order days that make a rhythm
{% set min_gaps = 2 %}
-- days before that the last 90 days can be compared with
{% set min_baseline_days = 90 %}
-- days after which a cart counts as abandoned, and until when it is worth a word
{% set cart_days = [2, 9] %}
with

paces as (

    select * from {{ ref('int_customer_paces__measured') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

sessions as (

    select * from {{ ref('int_sessions__daily') }}

),

tickets as (

    select * from {{ ref('int_tickets__checked') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

silences as (

    -- of a customer who orders at a constant rate, k gaps took span_days: a silence of
    -- more than c times that comes with probability (1 + c)^-k, whatever the rate. From
    -- the day that this is small and the usual gap long over, the customer is slowing
    select
        *,
        power(1.0e0 * span_days / (span_days + silent_days), n_gaps) as p_false_alarm,
        ceil(
            greatest(
                {{ var('segmentation_slowing_gap_ratio') }}
                * greatest(median_gap_days, 1),
                span_days * (power({{ false_rate }}, -1.0e0 / n_gaps) - 1)
            )
        ) as unusual_days

    from paces

    where n_gaps >= {{ min_gaps }}

),

shares as (

    select
        *,
        1.0e0 * n_recent / (n_recent + n_before) as recent_share,
        90.0e0 / (90 + baseline_days) as usual_share

    from paces

    where
        baseline_days >= {{ min_baseline_days }}
        and n_before > 0

),

drops as (

    -- with a constant rate each order day falls to the last 90 days with the usual
    -- share; Chernoff's bound of so few is exact where there is none
    select
        *,
        exp(
            -least(
                (n_recent + n_before) * (
                    case
                        when n_recent > 0
                            then recent_share * ln(recent_share / usual_share)
                        else 0.0e0
                    end
                    + (1 - recent_share)
                    * ln(nullif(1 - recent_share, 0) / (1 - usual_share))
                ),
                700.0e0
            )
        ) as p_false_alarm

    from shares

    where
        1.0e0 * n_recent / 90
        <= (1 - {{ var('segmentation_frequency_drop') }}e0) * n_before / baseline_days

),

carts as (

    select
        snapshots.as_of_date,
        sessions.customer_id,
        max(case when sessions.has_purchase = 1 then sessions.occurred_on end)
            as last_purchased_on,
        max(
            case
                when
                    sessions.has_cart = 1
                    and sessions.has_purchase = 0
                    and sessions.occurred_on
                    <= {{ segmentation.dateadd_days(
                        -1 * cart_days[0], 'snapshots.as_of_date'
                    ) }}
                    then sessions.occurred_on
            end
        ) as filled_on

    from sessions

    inner join snapshots
        on
            sessions.occurred_on <= snapshots.as_of_date
            and sessions.occurred_on
            >= {{ segmentation.dateadd_days(
                -1 * cart_days[1], 'snapshots.as_of_date'
            ) }}

    group by
        snapshots.as_of_date,
        sessions.customer_id

),

complaints as (

    select
        snapshots.as_of_date,
        tickets.customer_id,
        max(tickets.occurred_on) as complained_on,
        count(*) as n_complaints

    from tickets

    inner join snapshots
        on
            tickets.occurred_on <= snapshots.as_of_date
            and tickets.occurred_on
            > {{ segmentation.dateadd_days(-30, 'snapshots.as_of_date') }}

    where
        tickets.reject_reason is null
        and tickets.is_complaint
        and (
            tickets.closed_at is null
            or {{ segmentation.day_of('tickets.closed_at') }} > snapshots.as_of_date
        )

    group by
        snapshots.as_of_date,
        tickets.customer_id

),

raised as (

    select
        as_of_date,
        customer_id,
        'slowing' as alert_type,
        'last order ' || {{ segmentation.whole_text('silent_days') }}
        || ' days ago; usual gap ' || {{ segmentation.whole_text('median_gap_days') }}
            as alert_reason,
        p_false_alarm,
        {{ segmentation.dateadd_days(
            'cast(unusual_days as ' ~ dbt.type_int() ~ ')', 'last_ordered_on'
        ) }} as started_on,
        {{ segmentation.dateadd_days(
            'cast(unusual_days as ' ~ dbt.type_int() ~ ') + ' ~ (alert_days - 1),
            'last_ordered_on'
        ) }} as expires_on
    from silences
    where silent_days >= unusual_days

    union all

    select
        as_of_date,
        customer_id,
        'frequency_drop' as alert_type,
        'ordered on ' || {{ segmentation.whole_text('n_recent') }}
        || ' of the last 90 days; on ' || {{ segmentation.whole_text('n_before') }}
        || ' of the ' || {{ segmentation.whole_text('baseline_days') }} || ' before'
            as alert_reason,
        p_false_alarm,
        {{ segmentation.dateadd_days(-89, 'as_of_date') }} as started_on,
        {{ segmentation.dateadd_days(89 + alert_days, 'last_ordered_on') }}
            as expires_on
    from drops
    where p_false_alarm <= {{ false_rate }}

    union all

    select
        carts.as_of_date,
        carts.customer_id,
        'cart_abandoned' as alert_type,
        'cart filled ' || {{ segmentation.whole_text(
            segmentation.days_between('carts.filled_on', 'carts.as_of_date')
        ) }} || ' days ago and nothing bought since' as alert_reason,
        cast(null as {{ double }}) as p_false_alarm,
        carts.filled_on as started_on,
        {{ segmentation.dateadd_days(cart_days[1], 'carts.filled_on') }} as expires_on
    from carts
    left join paces
        on
            carts.as_of_date = paces.as_of_date
            and carts.customer_id = paces.customer_id
    where
        carts.filled_on is not null
        and (
            carts.last_purchased_on is null
            or carts.last_purchased_on < carts.filled_on
        )
        and (
            paces.last_ordered_on is null or paces.last_ordered_on < carts.filled_on
        )

    union all

    select
        as_of_date,
        customer_id,
        'complaint' as alert_type,
        'complained ' || {{ segmentation.whole_text(
            segmentation.days_between('complained_on', 'as_of_date')
        ) }} || ' days ago' || case
            when n_complaints > 1
                then
                    ', the last of ' || {{ segmentation.whole_text('n_complaints') }}
                    || ' complaints in 30 days'
            else ''
        end || '; not closed on record' as alert_reason,
        cast(null as {{ double }}) as p_false_alarm,
        complained_on as started_on,
        {{ segmentation.dateadd_days(29, 'complained_on') }} as expires_on
    from complaints

)

select
    as_of_date,
    customer_id,
    alert_type,
    alert_reason,
    p_false_alarm,
    started_on,
    expires_on

from raised

where as_of_date <= expires_on
