-- One row per customer and tag that the customer was ever to bear or that tools were
-- told of.
{{ config(materialized='view') }}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

actions as (

    select * from {{ ref('int_customer_actions__chosen') }}

),

told as (

    select * from {{ ref('int_profile_tags__told') }}

),

segment_tags as (

    select
        customer_id,
        'segment:' || segment_id as tag

    from confirmed

),

action_tags as (

    select
        customer_id,
        'action:' || action_id as tag

    from actions

    where action_id is not null

)

select * from segment_tags
union distinct
select * from action_tags
union distinct
select
    customer_id,
    tag
from told
