-- One row per accepted order line, with its share of what was taken off the whole order
-- and what was given back for it.
with

lines as (

    select * from {{ ref('int_order_lines__checked') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

accepted as (

    select
        *,
        case
            when line_discount_amount > line_amount then line_amount
            else line_discount_amount
        end as own_discount_amount

    from lines

    where reject_reason is null

),

discounted_orders as (

    select
        order_id,
        discount_amount

    from orders

    where
        reject_reason is null
        and discount_amount > 0
        and treatment != 'refund'

),

running as (

    select
        accepted.order_line_id,
        accepted.line_amount - accepted.own_discount_amount as left_amount,
        discounted_orders.discount_amount as order_discount_amount,
        sum(accepted.line_amount - accepted.own_discount_amount) over (
            partition by accepted.order_id
        ) as order_left_amount,
        sum(accepted.line_amount - accepted.own_discount_amount) over (
            partition by accepted.order_id
            order by accepted.order_line_id asc
            rows between unbounded preceding and current row
        ) as running_left_amount

    from accepted

    inner join discounted_orders
        on accepted.order_id = discounted_orders.order_id

),

capped as (

    -- no order can be discounted below nothing
    select
        order_line_id,
        left_amount,
        order_left_amount,
        running_left_amount,
        case
            when order_discount_amount > order_left_amount then order_left_amount
            else order_discount_amount
        end as order_discount_amount

    from running

),

allocated as (

    -- differences of a rounded running share: the shares add up to the cent
    select
        order_line_id,
        {{ segmentation.running_share(
            'order_discount_amount', 'running_left_amount', 'order_left_amount'
        ) }}
        - {{ segmentation.running_share(
            'order_discount_amount', '(running_left_amount - left_amount)',
            'order_left_amount'
        ) }} as discount_share_amount

    from capped

),

discounted as (

    select
        accepted.*,
        accepted.own_discount_amount + coalesce(allocated.discount_share_amount, 0)
            as discount_amount

    from accepted

    left join allocated
        on accepted.order_line_id = allocated.order_line_id

)

select
    -- ids
    order_line_id,
    order_id,
    customer_id,
    product_id,

    -- strings
    treatment,

    -- numerics
    case when treatment = 'refund' then 0 else quantity end as quantity,
    cast(
        case when treatment = 'refund' then 0 else line_amount end
        as {{ segmentation.type_money() }}
    ) as gross_amount,
    cast(
        case when treatment = 'refund' then 0 else markdown_amount end
        as {{ segmentation.type_money() }}
    ) as markdown_amount,
    cast(
        case when treatment = 'refund' then 0 else discount_amount end
        as {{ segmentation.type_money() }}
    ) as discount_amount,
    -- a line of a refund is money given back, whatever its sign
    cast(
        case
            when treatment = 'refund' then abs(line_amount)
            else round(
                cast(
                    line_amount - discount_amount
                    as {{ segmentation.type_money_wide() }}
                ) * returned_quantity / nullif(quantity, 0),
                4
            )
        end as {{ segmentation.type_money() }}
    ) as returned_amount,
    cast(
        case when treatment = 'refund' then 0 else cost_amount end
        as {{ segmentation.type_money() }}
    ) as cost_amount,

    -- timestamps
    ordered_on,
    voided_on,
    case when treatment = 'refund' then ordered_on else returned_on end as returned_on

from discounted
