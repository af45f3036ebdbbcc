-- One row per customer and snapshot: site visits and e-mail clicks as the customer
-- summary of the day has them; all else is null. Stands in for the model of this name
-- in features/.
{{ config(
    enabled=segmentation.connector() == 'customer_summary',
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set bigint = dbt.type_bigint() %}
with

summaries as (

    select * from {{ ref('int_customer_summaries__archived') }}
    {{ segmentation.where_snapshot_is_due(this) }}

)

select
    as_of_date,
    customer_id,
    cast(null as date) as last_visited_on,
    n_site_visits as n_sessions_90d,
    {% for count in [
        'n_views_90d', 'n_carts_90d', 'n_cart_sessions_90d',
        'n_abandoned_sessions_90d', 'n_purchase_sessions_90d', 'n_emails_sent_90d',
        'n_emails_opened_90d'
    ] %}
        cast(null as {{ bigint }}) as {{ count }},
    {% endfor %}
    n_email_clicks as n_emails_clicked_90d,
    {% for count in [
        'n_sessions_30d', 'n_tickets_365d', 'n_complaints_365d', 'n_reviews'
    ] %}
        cast(null as {{ bigint }}) as {{ count }},
    {% endfor %}
    cast(null as {{ segmentation.type_double() }}) as mean_rating

from summaries
