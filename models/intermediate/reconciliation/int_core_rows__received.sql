-- One row per core entity: the rows received, counted at the source.
with

customers as (

    select * from {{ ref('int_customers__united') }}

),

orders as (

    select * from {{ ref('int_orders__united') }}

),

order_lines as (

    select * from {{ ref('int_order_lines__united') }}

),

refunds as (

    select * from {{ ref('int_refunds__united') }}

),

products as (

    select * from {{ ref('int_products__united') }}

)

select
    'customers' as entity,
    count(*) as n_received
from customers

union all

select
    'orders' as entity,
    count(*) as n_received
from orders

union all

select
    'order_lines' as entity,
    count(*) as n_received
from order_lines

union all

select
    'refunds' as entity,
    count(*) as n_received
from refunds

union all

select
    'products' as entity,
    count(*) as n_received
from products
