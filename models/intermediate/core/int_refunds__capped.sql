-- One row per accepted refund: what it gave back of what was paid for goods. What goes
-- beyond that is shipping, tax or goodwill, which is no revenue either way.
{% set money = segmentation.type_money() %}
{% set wide = segmentation.type_money_wide() %}
with

refunds as (

    select * from {{ ref('int_refunds__checked') }}
    where reject_reason is null

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

refunded_orders as (

    select distinct order_id
    from refunds

),

sales as (

    select
        lines.order_id,
        lines.order_line_id,
        lines.credit_amount,
        lines.gross_amount - lines.discount_amount as paid_amount,
        case when lines.is_sale then lines.included_tax_amount else 0 end as tax_amount

    from lines

    inner join refunded_orders
        on lines.order_id = refunded_orders.order_id

),

order_totals as (

    select
        order_id,
        sum(paid_amount) as paid_amount,
        sum(tax_amount) as tax_amount,
        sum(paid_amount - credit_amount) as left_amount

    from sales

    group by order_id

),

untaxed as (

    -- where prices include tax, so does what is given back
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.order_line_id,
        refunds.refunded_on,
        coalesce(sales.paid_amount, order_totals.paid_amount) as paid_amount,
        case when order_totals.left_amount > 0 then order_totals.left_amount else 0 end
            as refundable_amount,
        cast(
            coalesce(
                round(
                    cast(refunds.refund_amount as {{ wide }})
                    * coalesce(sales.paid_amount, order_totals.paid_amount)
                    / nullif(
                        coalesce(
                            sales.paid_amount + sales.tax_amount,
                            order_totals.paid_amount + order_totals.tax_amount
                        ),
                        0
                    ),
                    4
                ),
                0
            ) as {{ money }}
        ) as refund_amount

    from refunds

    inner join order_totals
        on refunds.order_id = order_totals.order_id

    left join sales
        on
            refunds.order_id = sales.order_id
            and refunds.order_line_id = sales.order_line_id

),

running_lines as (

    select
        *,
        sum(refund_amount) over (
            partition by order_id, order_line_id
            order by refunded_on asc, refund_id asc
            rows between unbounded preceding and current row
        ) as running_amount

    from untaxed

),

capped_lines as (

    -- no more is given back for a line than was paid for it
    select
        refund_id,
        order_id,
        order_line_id,
        refunded_on,
        refundable_amount,
        least(running_amount, paid_amount)
        - least(running_amount - refund_amount, paid_amount) as refund_amount

    from running_lines

),

running_orders as (

    select
        *,
        sum(refund_amount) over (
            partition by order_id
            order by refunded_on asc, refund_id asc
            rows between unbounded preceding and current row
        ) as running_amount

    from capped_lines

)

-- nor for all of an order
select
    refund_id,
    order_id,
    order_line_id,
    cast(
        least(running_amount, refundable_amount)
        - least(running_amount - refund_amount, refundable_amount)
        as {{ money }}
    ) as refund_amount,
    refunded_on

from running_orders
