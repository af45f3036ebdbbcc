-- One row per order line and day on which money was given back for it, apart by whether
-- that day is on record. A return of unknown day stands at the day of its order, and so
-- one that came back on that very day counts as undated.
{% set money = segmentation.type_money() %}
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

refunds as (

    select * from {{ ref('int_refunds__capped') }}

),

refunded_orders as (

    select
        order_id,
        max(case when order_line_id is null then 1 else 0 end) = 1 as is_refunded_whole

    from refunds

    group by order_id

),

refunded_lines as (

    select distinct
        order_id,
        order_line_id

    from refunds

    where order_line_id is not null

),

returned_orders as (

    select distinct order_id

    from lines

    where returned_quantity > 0

),

told as (

    -- what lines and statuses tell of returns that refunds tell of too is the same
    -- money: the refunds count, for they are dated
    select
        lines.*,
        lines.gross_amount - lines.discount_amount as paid_amount,
        refunded_orders.order_id is not null as is_order_refunded,
        coalesce(refunded_orders.is_refunded_whole, false)
        or refunded_lines.order_line_id is not null as is_refunded,
        returned_orders.order_id is not null as has_returned_lines

    from lines

    left join refunded_orders
        on lines.order_id = refunded_orders.order_id

    left join refunded_lines
        on
            lines.order_id = refunded_lines.order_id
            and lines.order_line_id = refunded_lines.order_line_id

    left join returned_orders
        on lines.order_id = returned_orders.order_id

),

sold as (

    -- lines that a refund on the whole order is shared out among, by value
    select
        *,
        sum(paid_amount) over (partition by order_id) as order_paid_amount,
        sum(paid_amount) over (
            partition by order_id
            order by order_line_id asc
            rows between unbounded preceding and current row
        ) as running_paid_amount

    from told

    where
        is_order_refunded
        and paid_amount > 0

),

returns as (

    -- pieces sent back
    select
        order_line_id,
        order_id,
        customer_id,
        voided_on,
        returned_on,
        returned_on > ordered_on as is_dated,
        cast(
            round(
                cast(paid_amount as {{ segmentation.type_money_wide() }})
                * returned_quantity / nullif(quantity, 0),
                4
            ) as {{ money }}
        ) as returned_amount
    from told
    where
        returned_quantity > 0
        and not is_refunded

    union all

    -- all of an order, by its status alone
    select
        order_line_id,
        order_id,
        customer_id,
        voided_on,
        given_back_on as returned_on,
        given_back_on > ordered_on as is_dated,
        paid_amount as returned_amount
    from told
    where
        given_back_on is not null
        and not has_returned_lines
        and not is_order_refunded

    union all

    -- returns and credits that are lines of their own
    select
        order_line_id,
        order_id,
        customer_id,
        voided_on,
        ordered_on as returned_on,
        true as is_dated,
        credit_amount as returned_amount
    from told

    union all

    select
        sold.order_line_id,
        sold.order_id,
        sold.customer_id,
        sold.voided_on,
        refunds.refunded_on as returned_on,
        true as is_dated,
        case
            when refunds.order_line_id is not null then refunds.refund_amount
            else
                {{ segmentation.running_share(
                    'refunds.refund_amount', 'sold.running_paid_amount',
                    'sold.order_paid_amount'
                ) }}
                - {{ segmentation.running_share(
                    'refunds.refund_amount',
                    '(sold.running_paid_amount - sold.paid_amount)',
                    'sold.order_paid_amount'
                ) }}
        end as returned_amount
    from refunds
    inner join sold
        on
            refunds.order_id = sold.order_id
            and coalesce(refunds.order_line_id, sold.order_line_id)
            = sold.order_line_id

)

select
    -- ids
    order_line_id,
    order_id,
    customer_id,

    -- numerics
    cast(sum(returned_amount) as {{ money }}) as returned_amount,

    -- booleans
    is_dated,

    -- timestamps
    returned_on,
    voided_on

from returns

where returned_amount > 0

group by
    order_line_id,
    order_id,
    customer_id,
    returned_on,
    voided_on,
    is_dated
