-- One row per customer ever known at a snapshot: whether they are in the global
-- holdout. Decided once, by a salted hash; later shares and salts move nobody.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history']
) }}
with

customers as (

    select * from {{ ref('int_customers__known') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

known as (

    select
        customers.customer_id,
        min(schedule.as_of_date) as assigned_on

    from customers

    inner join schedule
        on customers.known_on <= schedule.as_of_date

    group by customers.customer_id

),

{% if is_incremental() %}

    stored as (

        select * from {{ this }}

    ),

    unassigned as (

        select known.*

        from known

        left join stored
            on known.customer_id = stored.customer_id

        where stored.customer_id is null

    ),

{% else %}

    unassigned as (

        select * from known

    ),

{% endif %}

drawn as (

    select
        customer_id,
        assigned_on,
        {{ segmentation.salted_unit(
            segmentation.text_literal(var('segmentation_holdout_salt')), 'customer_id'
        ) }} as draw

    from unassigned

)

select
    customer_id,
    case
        when draw < {{ var('segmentation_holdout_share') }} then 'holdout'
        else 'reachable'
    end as holdout_group,
    assigned_on

from drawn
