-- One row per column of the inputs that lowers what an order is worth, with the sign in
-- which the shop writes it: some systems write a discount of 5 as 5, others as -5.
{{ config(post_hook="{{ segmentation.check_money_signs() }}") }}
with

orders as (

    select * from {{ ref('int_orders__united') }}

),

order_lines as (

    select * from {{ ref('int_order_lines__united') }}

),

refunds as (

    select * from {{ ref('int_refunds__united') }}

),

statuses as (

    {{ segmentation.words_of('orders', 'status') }}

),

amounts as (

    -- a credit note mirrors the signs of its order, and so does a line of a return
    select
        'orders' as entity,
        'discount_amount' as column_name,
        orders.discount_amount as amount
    from orders
    left join statuses
        on orders.status = statuses.spelling
    where
        orders.discount_amount != 0
        and coalesce(statuses.meaning, '') != 'refund'

    union all

    select
        'order_lines' as entity,
        'discount_amount' as column_name,
        discount_amount as amount
    from order_lines
    where
        discount_amount != 0
        and quantity > 0
        and unit_price >= 0

    union all

    select
        'order_lines' as entity,
        'returned_quantity' as column_name,
        returned_quantity as amount
    from order_lines
    where
        returned_quantity != 0
        and quantity > 0

    union all

    select
        'refunds' as entity,
        'amount' as column_name,
        amount
    from refunds
    where amount != 0

),

counted as (

    select
        entity,
        column_name,
        sum(case when amount > 0 then 1 else 0 end) as n_positive,
        sum(case when amount < 0 then 1 else 0 end) as n_negative

    from amounts

    group by
        entity,
        column_name

)

select
    -- ids
    entity || '.' || column_name as input_column_id,

    -- strings
    entity,
    column_name,

    -- numerics
    cast(n_positive as {{ dbt.type_bigint() }}) as n_positive,
    cast(n_negative as {{ dbt.type_bigint() }}) as n_negative,
    case when n_negative > n_positive then -1 else 1 end as lowering_sign,

    -- booleans
    {{ segmentation.is_material(
        'least(n_positive, n_negative)', 'n_positive + n_negative'
    ) }} as is_mixed

from counted
