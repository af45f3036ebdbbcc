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

refunds as (

    select * from {{ ref('int_refunds__checked') }}

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
    'refunds' as entity,
    count(*) as n_accepted
from refunds
where reject_reason is null

union all

select
    'products' as entity,
    count(*) as n_accepted
from products
where reject_reason is null
