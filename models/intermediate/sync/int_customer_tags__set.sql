-- One row per customer and tag that the customer was ever to bear.
{{ config(materialized='view') }}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

actions as (

    select * from {{ ref('int_customer_actions__chosen') }}

),

segment_tags as (

    select
        customer_id,
        'segment:' || segment_id as tag

    from confirmed

    group by
        customer_id,
        segment_id

),

action_tags as (

    select
        customer_id,
        'action:' || action_id as tag

    from actions

    where action_id is not null

    group by
        customer_id,
        action_id

)

select * from segment_tags
union all
select * from action_tags
