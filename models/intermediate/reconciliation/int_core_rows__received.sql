-- One row per core entity: the rows received, counted at the source.
with

customers as (

    select * from {{ segmentation.ref_staging('customers') }}

),

orders as (

    select * from {{ segmentation.ref_staging('orders') }}

),

order_lines as (

    select * from {{ segmentation.ref_staging('order_lines') }}

),

refunds as (

    select * from {{ segmentation.ref_staging('refunds') }}

),

products as (

    select * from {{ segmentation.ref_staging('products') }}

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
