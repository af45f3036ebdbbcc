-- One row per row of a core entity that was rejected, with the reason, the value that
-- it is about, and the money that goes with the row.
{% set double = segmentation.type_double() %}
with

customers as (

    select
        *,
        max(case when reject_reason = 'erased_customer' then 1 else 0 end) over (
            partition by customer_id
        ) as is_erased
    from {{ ref('int_customers__checked') }}

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

priced_orders as (

    select * from {{ ref('int_orders__priced') }}

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
        order_id,
        product_id,
        line_type,
        quantity,
        unit_price,
        implausible_value,
        abs(cast(line_amount as {{ double }})) as amount,
        copy_number,
        reject_reason,
        ordered_on

    from order_lines

    where reject_reason is not null

),

order_amounts as (

    select
        order_id,
        sum(abs(cast(line_amount as {{ double }}))) as amount

    from order_lines

    where copy_number = 1

    group by order_id

),

rejected_orders as (

    -- an order without an accepted line is worth nothing that can be known
    select
        orders.*,
        case when orders.copy_number = 1 then order_amounts.amount end as amount,
        coalesce(orders.reject_reason, 'no_accepted_lines') as order_reject_reason

    from orders

    left join order_amounts
        on orders.order_id = order_amounts.order_id

    left join priced_orders
        on orders.order_id = priced_orders.order_id

    where
        orders.reject_reason is not null
        or priced_orders.order_id is null

)

select
    'customers' as entity,
    case
        when is_erased = 1 then {{ segmentation.keyed_hash('customer_id') }}
        else customer_id
    end as row_key,
    copy_number,
    reject_reason,
    cast(null as {{ dbt.type_string() }}) as offending_value,
    cast(null as {{ double }}) as rejected_amount,
    cast(first_seen_at as timestamp) as occurred_at
from customers
where reject_reason is not null

union all

select
    'orders' as entity,
    {{ segmentation.key_to_keep('order_id', 'order_reject_reason') }} as row_key,
    copy_number,
    order_reject_reason as reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'order_id',
        'superseded': 'order_id',
        'unknown_customer': 'customer_id',
        'future_date': 'ordered_at',
        'implausible_date': 'ordered_at',
        'unknown_status': 'status',
        'unknown_currency': 'currency',
        'implausible_amount': 'implausible_value',
    }) }} as offending_value,
    amount as rejected_amount,
    cast(ordered_at as timestamp) as occurred_at
from rejected_orders

union all

select
    'order_lines' as entity,
    {{ segmentation.key_to_keep('line_key', 'reject_reason') }} as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'line_key',
        'orphan_line': 'order_id',
        'unknown_line_type': 'line_type',
        'negative_price_and_quantity': 'unit_price',
        'implausible_amount': 'implausible_value',
        'adjustment': 'product_id',
        'stock_write_off': 'product_id',
        'zero_price': 'product_id',
    }) }} as offending_value,
    amount as rejected_amount,
    cast(ordered_on as timestamp) as occurred_at
from rejected_lines

union all

select
    'refunds' as entity,
    {{ segmentation.key_to_keep('refund_id', 'reject_reason') }} as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({
        'duplicate_key': 'refund_id',
        'orphan_refund': 'order_id',
        'orphan_line': 'order_line_id',
        'line_is_no_sale': 'order_line_id',
        'unexpected_sign': 'amount',
        'future_date': 'refunded_at',
        'implausible_amount': 'implausible_value',
    }) }} as offending_value,
    abs(cast(refund_amount as {{ double }})) as rejected_amount,
    refunded_at as occurred_at
from refunds
where reject_reason is not null

union all

select
    'products' as entity,
    product_id as row_key,
    copy_number,
    reject_reason,
    {{ segmentation.offending_value({'duplicate_key': 'product_id'}) }}
        as offending_value,
    cast(null as {{ double }}) as rejected_amount,
    cast(null as timestamp) as occurred_at
from products
where reject_reason is not null
