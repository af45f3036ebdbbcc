-- One row per input entity.
with

core_received as (

    select * from {{ ref('int_core_rows__received') }}

),

event_received as (

    select * from {{ ref('int_event_rows__received') }}

),

core_accepted as (

    select * from {{ ref('int_core_rows__accepted') }}

),

event_accepted as (

    select * from {{ ref('int_event_rows__accepted') }}

),

rejected_rows as (

    select * from {{ ref('fct_rejected_rows') }}

),

received as (

    select * from core_received
    union all
    select * from event_received

),

accepted as (

    select * from core_accepted
    union all
    select * from event_accepted

),

rejected as (

    select
        entity,
        count(*) as n_rejected

    from rejected_rows

    group by entity

)

select
    received.entity,
    received.n_received,
    accepted.n_accepted,
    coalesce(rejected.n_rejected, 0) as n_rejected,
    received.n_received > 0 as is_available

from received

inner join accepted
    on received.entity = accepted.entity

left join rejected
    on received.entity = rejected.entity
