-- One row per row of a core entity that was rejected, with the reason.
with

customers as (

    select * from {{ ref('int_customers__checked') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

order_lines as (

    select * from {{ ref('int_order_lines__checked') }}

),

refunds as (

    select * from {{ ref('int_refunds__checked') }}

),

products as (

    select * from {{ ref('int_products__checked') }}

),

rejected_lines as (

    -- the number of a line within its order is no key without the order's
    select
        case
            when
                min(coalesce(order_id, '')) over (partition by order_line_id)
                = max(coalesce(order_id, '')) over (partition by order_line_id)
                then order_line_id
            else coalesce(order_id, '') || '|' || order_line_id
        end as line_key,
        copy_number,
        reject_reason,
        ordered_on

    from order_lines

    where reject_reason is not null

),

priced_orders as (

    select * from {{ ref('int_orders__priced') }}

)

select
    'customers' as entity,
    customer_id as row_key,
    copy_number,
    reject_reason,
    cast(first_seen_at as timestamp) as occurred_at
from customers
where reject_reason is not null

union all

select
    'orders' as entity,
    order_id as row_key,
    copy_number,
    reject_reason,
    cast(ordered_at as timestamp) as occurred_at
from orders
where reject_reason is not null

union all

select
    'order_lines' as entity,
    line_key as row_key,
    copy_number,
    reject_reason,
    cast(ordered_on as timestamp) as occurred_at
from rejected_lines

union all

select
    'refunds' as entity,
    refund_id as row_key,
    copy_number,
    reject_reason,
    refunded_at as occurred_at
from refunds
where reject_reason is not null

union all

select
    'products' as entity,
    product_id as row_key,
    copy_number,
    reject_reason,
    cast(null as timestamp) as occurred_at
from products
where reject_reason is not null

union all

-- an order without an accepted line is worth nothing that can be known
select
    'orders' as entity,
    orders.order_id as row_key,
    orders.copy_number,
    'no_accepted_lines' as reject_reason,
    orders.ordered_at as occurred_at
from orders
left join priced_orders
    on orders.order_id = priced_orders.order_id
where
    orders.reject_reason is null
    and priced_orders.order_id is null
