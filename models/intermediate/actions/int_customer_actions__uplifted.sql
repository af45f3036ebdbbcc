-- One row per customer, snapshot and allowed action: the orders it is expected to add,
-- by the measured effect where there is one and by the planning assumption where there
-- is none.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

judged as (

    select * from {{ ref('int_customer_actions__judged') }}
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

)

select
    as_of_date,
    customer_id,
    action_id,
    play_id,
    segment_id,
    trigger_id,
    channel,
    action_starts_on,
    action_expires_on,
    measured_on_stratum,
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
