-- One row per customer and snapshot: orders and money as the customer summary of the
-- day has them; what only single orders could tell is null. Stands in for the model of
-- this name in features/.
{{ config(
    enabled=segmentation.connector() == 'customer_summary',
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set windows = [30, 60, 90, 180, 365] %}
{% set bigint = dbt.type_bigint() %}
{% set money = segmentation.type_money() %}
with

summaries as (

    select * from {{ ref('int_customer_summaries__archived') }}
    {{ segmentation.where_snapshot_is_due(this) }}

)

select
    as_of_date,
    customer_id,
    known_on,
    first_ordered_on,
    last_ordered_on,
    n_orders,
    cast(null as {{ bigint }}) as n_coupon_orders,
    {% for amount in ['gross', 'markdown', 'discount', 'returned'] %}
        cast(null as {{ money }}) as {{ amount }}_amount,
    {% endfor %}
    net_amount,
    {% for window in windows %}
        cast(null as {{ bigint }}) as n_orders_{{ window }}d,
        cast(null as {{ money }}) as net_amount_{{ window }}d,
    {% endfor %}
    cast(null as {{ segmentation.type_double() }}) as squared_order_amount

from summaries
