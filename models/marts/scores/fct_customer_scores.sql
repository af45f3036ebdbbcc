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

)

select
    -- ids
    cast(features.as_of_date as {{ dbt.type_string() }}) || '|' || features.customer_id
        as customer_score_id,
    features.as_of_date,
    features.customer_id,
    repurchase_statuses.model_version as churn_model_version,
    value_statuses.model_version as value_model_version,

    -- strings
    case
        when wide.p_repurchase is null then 'not_scored'
        else repurchase_statuses.score_status
    end as churn_score_status,
    case
        when wide.expected_revenue is null then 'not_scored'
        else value_statuses.score_status
    end as value_score_status,
    case
        when 1 - wide.p_repurchase >= {{ var('segmentation_high_churn') }} then 'high'
        when
            1 - wide.p_repurchase >= {{ var('segmentation_medium_churn') }}
            then 'medium'
        when wide.p_repurchase is not null then 'low'
    end as churn_band,

    -- numerics
    cast(1 - wide.p_repurchase as {{ double }}) as p_churn,
    repurchase_statuses.horizon_days as churn_horizon_days,
    cast(wide.expected_revenue as {{ double }}) as expected_revenue,
    value_statuses.horizon_days as value_horizon_days

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
