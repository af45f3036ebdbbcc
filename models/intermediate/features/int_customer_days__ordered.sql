-- One row per customer, day and day on which what happened was voided: what was ordered
-- and what was given back that day. A feature at the end of day T counts the rows with
-- activity_on <= T < voided_on.
with

orders as (

    select * from {{ ref('int_orders__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

),

{{ segmentation.customer_days() }}
