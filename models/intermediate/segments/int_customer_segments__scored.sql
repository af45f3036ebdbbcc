-- One row per customer and snapshot: the segment that the active version puts the
-- customer in on that day, before any confirmation.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

rfm as (

    select * from {{ ref('fct_customer_rfm') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

fitted as (

    select * from {{ ref('int_customer_segments__fitted') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

versions as (

    select * from {{ ref('int_segment_versions__effective') }}

),

cells as (

    select * from {{ segmentation.ref_seed('rfm_cells') }}

),

rule_scores as (

    select
        as_of_date,
        customer_id,
        {{ segmentation.rule_recency_score('recency_score', 'recency_days') }}
            as recency_score,
        {{ segmentation.frequency_monetary_score('frequency_score', 'monetary_score') }}
            as frequency_monetary_score

    from rfm

    where has_ordered

),

ruled as (

    select
        rule_scores.as_of_date,
        rule_scores.customer_id,
        cells.segment_id

    from rule_scores

    inner join cells
        on
            rule_scores.recency_score = cells.recency_score
            and rule_scores.frequency_monetary_score = cells.frequency_monetary_score

),

joined as (

    select
        rfm.as_of_date,
        rfm.customer_id,
        rfm.has_ordered,
        versions.model_version,
        versions.recipe,
        versions.method,
        versions.whale_segment_id,
        fitted.segment_id as nearest_segment_id,
        fitted.second_segment_id,
        fitted.confidence,
        ruled.segment_id as ruled_segment_id,
        rfm.has_ordered
        and coalesce(
            cast(rfm.monetary_amount as {{ segmentation.type_double() }})
            >= versions.whale_net_amount,
            false
        ) as is_whale

    from rfm

    inner join versions
        on rfm.as_of_date = versions.as_of_date

    left join fitted
        on
            rfm.as_of_date = fitted.as_of_date
            and rfm.customer_id = fitted.customer_id

    left join ruled
        on
            rfm.as_of_date = ruled.as_of_date
            and rfm.customer_id = ruled.customer_id

),

assigned as (

    -- what the customer is segmented by: a change of it needs no confirmation
    select
        *,
        case
            when not has_ordered then 'prospects'
            when method = 'rules' then 'rules'
            else recipe
        end as scheme,
        has_ordered and method != 'rules' and is_whale and whale_segment_id is not null
            as is_put_by_whale_rule

    from joined

)

select
    as_of_date,
    customer_id,
    case
        when scheme = 'prospects' then 'prospects'
        when scheme = 'rules' then ruled_segment_id
        when is_put_by_whale_rule then whale_segment_id
        else nearest_segment_id
    end as segment_id,
    case
        when is_put_by_whale_rule then nearest_segment_id
        when method != 'rules' then second_segment_id
    end as second_segment_id,
    case when method != 'rules' and not is_put_by_whale_rule then confidence end
        as confidence,
    is_whale,
    model_version,
    scheme

from assigned
