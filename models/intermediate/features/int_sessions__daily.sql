-- One row per customer, session and day. A session that passes midnight counts on both
-- days, so that no day knows what its sessions did later. Days are made again whose
-- events have changed.
{% set event_columns = ['customer_id', 'session_id', 'event_type'] %}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ segmentation.forget_changed_days('int_web_events__checked', "
    ~ event_columns ~ ", 'occurred_on', 'reject_reason is null') }}"
) }}
with

accepted as (

    select * from {{ ref('int_web_events__checked') }}
    where reject_reason is null

),

events as (

    select * from accepted
    {{ segmentation.where_day_is_lacking(this, 'occurred_on') }}

),

fingerprints as (

    select
        occurred_on,
        {{ segmentation.fingerprint_of_rows(event_columns) }} as source_fingerprint

    from events

    group by occurred_on

),

sessions as (

    select
        customer_id,
        coalesce(session_id, 'none') as session_id,
        occurred_on,
        sum(case when event_type = 'view' then 1 else 0 end) as n_views,
        sum(case when event_type = 'cart' then 1 else 0 end) as n_carts,
        max(case when event_type = 'cart' then 1 else 0 end) as has_cart,
        max(case when event_type = 'purchase' then 1 else 0 end) as has_purchase

    from events

    group by
        customer_id,
        coalesce(session_id, 'none'),
        occurred_on

)

select
    sessions.customer_id,
    sessions.session_id,
    sessions.occurred_on,
    cast(sessions.n_views as {{ dbt.type_bigint() }}) as n_views,
    cast(sessions.n_carts as {{ dbt.type_bigint() }}) as n_carts,
    sessions.has_cart,
    sessions.has_purchase,
    fingerprints.source_fingerprint

from sessions

inner join fingerprints
    on sessions.occurred_on = fingerprints.occurred_on
