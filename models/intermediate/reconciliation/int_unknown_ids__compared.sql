-- One row per entity and reason of rows that name a customer or an order which there is
-- not: how many name one that there is, but for case or leading noughts.
with

core_rows as (

    select * from {{ ref('int_core_rows__rejected') }}

),

event_rows as (

    select * from {{ ref('int_event_rows__rejected') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

rejected as (

    select
        entity,
        reject_reason,
        offending_value
    from core_rows

    union all

    select
        entity,
        reject_reason,
        offending_value
    from event_rows

),

unknown_ids as (

    select
        entity,
        reject_reason,
        case when reject_reason = 'unknown_customer' then 'customer' else 'order' end
            as named,
        lower(offending_value) as lowered_id,
        count(*) as n_rows

    from rejected

    where
        reject_reason in ('unknown_customer', 'orphan_refund')
        or (entity = 'order_lines' and reject_reason = 'orphan_line')

    group by
        entity,
        reject_reason,
        lower(offending_value)

),

known_ids as (

    select
        'customer' as named,
        lower(customer_id) as lowered_id
    from customers
    where customer_id is not null

    union all

    select
        'order' as named,
        lower(order_id) as lowered_id
    from orders
    where order_id is not null

),

lowered as (

    select distinct
        named,
        lowered_id

    from known_ids

),

stripped as (

    select distinct
        named,
        trim(leading '0' from lowered_id) as stripped_id

    from lowered

)

select
    unknown_ids.entity,
    unknown_ids.reject_reason,
    cast(
        sum(case when lowered.lowered_id is not null then unknown_ids.n_rows else 0 end)
        as {{ dbt.type_bigint() }}
    ) as n_differing_by_case,
    cast(
        sum(
            case
                when lowered.lowered_id is null and stripped.stripped_id is not null
                    then unknown_ids.n_rows
                else 0
            end
        ) as {{ dbt.type_bigint() }}
    ) as n_differing_by_noughts

from unknown_ids

left join lowered
    on
        unknown_ids.named = lowered.named
        and unknown_ids.lowered_id = lowered.lowered_id

left join stripped
    on
        unknown_ids.named = stripped.named
        and trim(leading '0' from unknown_ids.lowered_id) = stripped.stripped_id

group by
    unknown_ids.entity,
    unknown_ids.reject_reason
