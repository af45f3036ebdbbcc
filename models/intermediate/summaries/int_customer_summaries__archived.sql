-- One row per customer and customer summary built so far, by the day it is as of. The
-- next export takes this one's place, so that nothing could make it again.
-- depends_on: {{ ref('int_customers__checked') }}
-- depends_on: {{ ref('int_inputs__profiled') }}
{{ config(
    enabled=segmentation.connector() == 'customer_summary',
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history'],
    pre_hook=[
        "{{ segmentation.check_summary_date() }}",
        "{{ segmentation.check_rejected_shares() }}"
    ]
) }}
{% set as_of_date = var('segmentation_as_of_date') %}
{% set day = "cast('" ~ as_of_date ~ "' as date)" if as_of_date
    else 'last_ordered_on' %}
with

summaries as (

    select * from {{ ref('int_customer_summaries__priced') }}

),

last_purchase as (

    -- the totals of a summary hold its last day, whole or not
    select max({{ day }}) as as_of_date
    from summaries

)

select
    last_purchase.as_of_date,
    summaries.customer_id,
    summaries.preferred_category,
    summaries.n_orders,
    summaries.net_amount,
    summaries.n_site_visits,
    summaries.n_email_clicks,
    summaries.known_on,
    summaries.first_ordered_on,
    summaries.last_ordered_on

from summaries

inner join last_purchase
    on summaries.known_on <= last_purchase.as_of_date
