-- One row per core entity: the rows accepted, counted where they are used.
with

customers as (

    select * from {{ ref('int_customers__known') }}

),

orders as (

    select * from {{ ref('int_orders__priced') }}

),

order_lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

products as (

    select * from {{ ref('int_products__checked') }}

)

select
    'customers' as entity,
    count(*) as n_accepted
from customers

union all

select
    'orders' as entity,
    count(*) as n_accepted
from orders

union all

select
    'order_lines' as entity,
    count(*) as n_accepted
from order_lines

union all

select
    'products' as entity,
    count(*) as n_accepted
from products
where reject_reason is null
