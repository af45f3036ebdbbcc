-- One row per customer and snapshot whose customer summary of the day names a
-- preferred category; how much was spent on it is null. Stands in for the model of this
-- name in features/.
{{ config(
    enabled=segmentation.connector() == 'customer_summary',
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

summaries as (

    select * from {{ ref('int_customer_summaries__archived') }}
    {{ segmentation.where_snapshot_is_due(this) }}

)

select
    as_of_date,
    customer_id,
    preferred_category as top_category,
    cast(null as {{ segmentation.type_double() }}) as top_category_share,
    cast(null as {{ dbt.type_bigint() }}) as n_categories

from summaries

where preferred_category is not null
