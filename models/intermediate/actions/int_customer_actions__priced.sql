-- One row per customer, snapshot and allowed action: the margin it is expected to add,
-- made of the measured uplift where there is one and of the planning assumption where
-- there is none.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
with

judged as (

    select * from {{ ref('int_customer_actions__judged') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

valued as (

    select * from {{ ref('int_customer_snapshots__valued') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

rfm as (

    select * from {{ ref('fct_customer_rfm') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

cells as (

    select * from {{ segmentation.ref_seed('rfm_cells') }}

),

effects as (

    select * from {{ ref('int_action_effects__estimated') }}

),

actions as (

    select * from {{ segmentation.ref_seed('actions') }}

),

channels as (

    select * from {{ segmentation.ref_seed('channels') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

known_effects as (

    -- what had been measured by the snapshot
    select
        snapshots.as_of_date,
        effects.*,
        row_number() over (
            partition by
                snapshots.as_of_date,
                effects.action_id,
                effects.stratum_type,
                effects.stratum_id
            order by effects.measured_on desc
        ) as newness

    from snapshots

    inner join effects
        on snapshots.as_of_date >= effects.measured_on

),

current_effects as (

    select * from known_effects
    where newness = 1

),

grouped as (

    select
        rfm.as_of_date,
        rfm.customer_id,
        cells.segment_id as rfm_group

    from rfm

    inner join cells
        on
            rfm.recency_score = cells.recency_score
            and {{ segmentation.frequency_monetary_score(
                'rfm.frequency_score', 'rfm.monetary_score'
            ) }} = cells.frequency_monetary_score

    where rfm.has_ordered

),

stratified as (

    -- the effect on customers like this one: of the segment, else of the RFM group,
    -- else of all
    select
        judged.*,
        actions.offer_type,
        actions.priority,
        actions.outcome_days,
        actions.offer_rate,
        cast(actions.offer_amount as {{ double }}) as offer_amount,
        cast(channels.contact_cost_amount as {{ double }}) as contact_cost_amount,
        case
            when segment_effects.effect is not null then 'segment'
            when group_effects.effect is not null then 'rfm_group'
            when shop_effects.effect is not null then 'all'
        end as measured_on_stratum,
        coalesce(segment_effects.effect, group_effects.effect, shop_effects.effect)
            as measured_uplift,
        coalesce(segment_effects.ci_low, group_effects.ci_low, shop_effects.ci_low)
            as measured_uplift_low,
        coalesce(segment_effects.ci_high, group_effects.ci_high, shop_effects.ci_high)
            as measured_uplift_high

    from judged

    inner join actions
        on judged.action_id = actions.action_id

    inner join channels
        on actions.channel = channels.channel

    left join grouped
        on
            judged.as_of_date = grouped.as_of_date
            and judged.customer_id = grouped.customer_id

    left join current_effects as segment_effects
        on
            judged.as_of_date = segment_effects.as_of_date
            and judged.action_id = segment_effects.action_id
            and judged.segment_id = segment_effects.stratum_id
            and segment_effects.stratum_type = 'segment'

    left join current_effects as group_effects
        on
            judged.as_of_date = group_effects.as_of_date
            and judged.action_id = group_effects.action_id
            and grouped.rfm_group = group_effects.stratum_id
            and group_effects.stratum_type = 'rfm_group'

    left join current_effects as shop_effects
        on
            judged.as_of_date = shop_effects.as_of_date
            and judged.action_id = shop_effects.action_id
            and shop_effects.stratum_type = 'all'

    where judged.blocked_by is null

),

uplifted as (

    select
        *,
        case
            when measured_uplift is not null then 'measured'
            when assumed_uplift is not null then 'assumed'
            else 'none'
        end as evidence,
        coalesce(measured_uplift, assumed_uplift) as expected_uplift,
        case
            when measured_uplift is not null then measured_uplift_low
            else assumed_uplift_low
        end as expected_uplift_low,
        case
            when measured_uplift is not null then measured_uplift_high
            else assumed_uplift_high
        end as expected_uplift_high

    from stratified

),

costed as (

    select
        uplifted.*,
        valued.expected_order_amount * valued.margin_rate as order_margin_amount,
        -- an even hazard over the horizon
        1 - power(
            1 - valued.p_order,
            1.0 * uplifted.outcome_days / {{ var('segmentation_churn_horizon_days') }}
        ) as p_order_anyway,
        uplifted.offer_rate * valued.expected_order_amount + uplifted.offer_amount
            as offer_cost_per_order_amount

    from uplifted

    inner join valued
        on
            uplifted.as_of_date = valued.as_of_date
            and uplifted.customer_id = valued.customer_id

)

select
    as_of_date,
    customer_id,
    action_id,
    play_id,
    segment_id,
    trigger_id,
    channel,
    offer_type,
    priority,
    action_starts_on,
    action_expires_on,
    evidence,
    measured_on_stratum,
    outcome_days,
    expected_uplift,
    expected_uplift_low,
    expected_uplift_high,
    p_order_anyway,
    order_margin_amount,
    offer_cost_per_order_amount,
    contact_cost_amount,
    -- the offer is taken by those who would have ordered anyway, too
    round(
        greatest(p_order_anyway + expected_uplift, 0) * offer_cost_per_order_amount, 6
    ) as offer_cost_amount,
    {% for bound in ['', '_low', '_high'] %}
        round(
            expected_uplift{{ bound }} * order_margin_amount
            - greatest(p_order_anyway + expected_uplift{{ bound }}, 0)
            * offer_cost_per_order_amount
            - contact_cost_amount,
            6
        ) as expected_margin{{ bound }}_amount
        {%- if not loop.last %},{% endif %}
    {% endfor %}

from costed
