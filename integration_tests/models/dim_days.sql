-- One row per day on which the shop was open. Many projects have a model of this name.
with

orders as (

    select * from {{ ref('shop_orders') }}

)

select distinct cast(placed_at as date) as opened_on

from orders
