-- One row per accepted order that has an accepted line, with the sums of its lines.
with

orders as (

    select * from {{ ref('int_orders__checked') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

accepted as (

    select * from orders
    where reject_reason is null

),

totals as (

    select
        order_id,
        count(*) as n_lines,
        cast(sum(gross_amount) as {{ segmentation.type_money() }}) as gross_amount,
        cast(sum(markdown_amount) as {{ segmentation.type_money() }})
            as markdown_amount,
        cast(sum(discount_amount) as {{ segmentation.type_money() }})
            as discount_amount,
        cast(sum(returned_amount) as {{ segmentation.type_money() }})
            as returned_amount,
        cast(sum(cost_amount) as {{ segmentation.type_money() }}) as cost_amount

    from lines

    group by order_id

)

select
    -- ids
    accepted.order_id,
    accepted.customer_id,

    -- strings
    accepted.treatment,
    accepted.channel,

    -- numerics
    totals.n_lines,
    totals.gross_amount,
    totals.markdown_amount,
    totals.discount_amount,
    totals.returned_amount,
    totals.cost_amount,
    cast(
        totals.gross_amount - totals.discount_amount - totals.returned_amount
        as {{ segmentation.type_money() }}
    ) as net_amount,
    accepted.shipping_amount,
    accepted.tax_amount,

    -- booleans
    accepted.coupon_code is not null as has_coupon,
    totals.discount_amount + totals.markdown_amount > 0 as is_discounted,

    -- timestamps
    accepted.ordered_at,
    accepted.ordered_on,
    accepted.voided_on

from accepted

inner join totals
    on accepted.order_id = totals.order_id
