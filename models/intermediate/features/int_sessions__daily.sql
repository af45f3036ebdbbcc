-- One row per customer, session and day. A session that passes midnight counts on both
-- days, so that no day knows what its sessions did later.
with

events as (

    select * from {{ ref('int_web_events__checked') }}

)

select
    customer_id,
    coalesce(session_id, 'none') as session_id,
    occurred_on,
    cast(
        sum(case when event_type = 'view' then 1 else 0 end) as {{ dbt.type_bigint() }}
    ) as n_views,
    cast(
        sum(case when event_type = 'cart' then 1 else 0 end) as {{ dbt.type_bigint() }}
    ) as n_carts,
    max(case when event_type = 'cart' then 1 else 0 end) as has_cart,
    max(case when event_type = 'purchase' then 1 else 0 end) as has_purchase

from events

where reject_reason is null

group by
    customer_id,
    coalesce(session_id, 'none'),
    occurred_on
