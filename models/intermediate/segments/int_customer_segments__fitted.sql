-- One row per customer with an order and snapshot of a fitted version: the segments
-- with the nearest and the second nearest centre.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

features as (

    select * from {{ ref('fct_customer_features') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

parameters as (

    select * from {{ ref('int_segment_parameters__pivoted') }}

),

assigned as (

    {{ segmentation.nearest_segments('features', 'parameters') }}

)

select
    as_of_date,
    customer_id,
    segment_id,
    second_segment_id,
    confidence

from assigned
