-- One row per published snapshot and customer with an order.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
with

features as (

    select * from {{ ref('fct_customer_features') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

scores as (

    select * from {{ ref('int_customer_scores__united') }}

),

statuses as (

    select * from {{ ref('int_score_statuses__explained') }}

),

repurchase_statuses as (

    select * from statuses
    where score_name = 'repurchase'

),

value_statuses as (

    select * from statuses
    where score_name = 'value'

),

wide as (

    select
        as_of_date,
        customer_id,
        max(case when score_name = 'repurchase' then score end) as p_repurchase,
        max(case when score_name = 'value' then score end) as expected_revenue

    from scores

    group by
        as_of_date,
        customer_id

),

joined as (

    select
        features.as_of_date,
        features.customer_id,
        wide.p_repurchase,
        wide.expected_revenue,
        repurchase_statuses.model_version as churn_model_version,
        repurchase_statuses.horizon_days as churn_horizon_days,
        value_statuses.model_version as value_model_version,
        value_statuses.horizon_days as value_horizon_days,
        case
            when wide.p_repurchase is null then 'not_scored'
            else repurchase_statuses.score_status
        end as churn_score_status,
        case
            when wide.expected_revenue is null then 'not_scored'
            else value_statuses.score_status
        end as value_score_status

    from features

    inner join repurchase_statuses
        on features.as_of_date = repurchase_statuses.as_of_date

    inner join value_statuses
        on features.as_of_date = value_statuses.as_of_date

    left join wide
        on
            features.as_of_date = wide.as_of_date
            and features.customer_id = wide.customer_id

    where features.has_ordered

),

levelled as (

    -- a score whose level was not right in the past ranks, and says no more
    select
        *,
        case when churn_score_status != 'ranking_only' then 1 - p_repurchase end
            as p_churn,
        case when value_score_status != 'ranking_only' then expected_revenue end
            as published_revenue

    from joined

)

select
    -- ids
    cast(as_of_date as {{ dbt.type_string() }}) || '|' || customer_id
        as customer_score_id,
    as_of_date,
    customer_id,
    churn_model_version,
    value_model_version,

    -- strings
    churn_score_status,
    value_score_status,
    case
        when p_churn >= {{ var('segmentation_high_churn') }} then 'high'
        when p_churn >= {{ var('segmentation_medium_churn') }} then 'medium'
        when p_churn is not null then 'low'
    end as churn_band,

    -- numerics
    cast(p_churn as {{ double }}) as p_churn,
    case
        when p_repurchase is not null
            then percent_rank() over (
                partition by
                    as_of_date, case when p_repurchase is null then 0 else 1 end
                order by p_repurchase desc
            )
    end as churn_percentile,
    churn_horizon_days,
    cast(published_revenue as {{ double }}) as expected_revenue,
    case
        when expected_revenue is not null
            then percent_rank() over (
                partition by
                    as_of_date, case when expected_revenue is null then 0 else 1 end
                order by expected_revenue asc
            )
    end as value_percentile,
    value_horizon_days

from levelled
