-- One row per day on which the shop was open. The package has a model of the same name.
with

orders as (

    select * from {{ ref('shop_orders') }}

)

select distinct cast(placed_at as date) as opened_on

from orders
