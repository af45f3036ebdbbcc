-- One row per accepted order line: what was paid for it after its own discounts and its
-- share of what was taken off the whole order, or what it gave back.
{% set money = segmentation.type_money() %}
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
            when line_discount_amount > abs(line_amount) then abs(line_amount)
            else line_discount_amount
        end as own_discount_amount

    from lines

    where reject_reason is null

),

unsold_orders as (

    -- lines without anything sold are a credit note, whatever its status
    select order_id

    from accepted

    group by order_id

    having max(case when line_effect = 'sale' then 1 else 0 end) = 0

),

sold as (

    select
        accepted.*,
        case
            when unsold_orders.order_id is null then accepted.treatment
            else 'refund'
        end as order_treatment,
        case
            when unsold_orders.order_id is null then accepted.line_effect
            else 'return'
        end as effect,
        abs(accepted.line_amount) - accepted.own_discount_amount as own_amount

    from accepted

    left join unsold_orders
        on accepted.order_id = unsold_orders.order_id

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

coupons as (

    select
        order_id,
        sum(own_amount) as coupon_amount

    from sold

    where effect = 'discount'

    group by order_id

),

lowered_orders as (

    -- orders that something is taken off as a whole
    select
        coalesce(discounted_orders.order_id, coupons.order_id) as order_id,
        coalesce(discounted_orders.discount_amount, 0) as discount_amount,
        coalesce(coupons.coupon_amount, 0) as coupon_amount

    from discounted_orders

    full outer join coupons
        on discounted_orders.order_id = coupons.order_id

),

measured as (

    select
        sold.order_id,
        sold.order_line_id,
        lowered_orders.discount_amount,
        lowered_orders.coupon_amount,
        case when sold.effect = 'sale' then sold.own_amount else 0 end as left_amount,
        case when sold.effect = 'discount' then sold.own_amount else 0 end
            as own_coupon_amount

    from sold

    inner join lowered_orders
        on sold.order_id = lowered_orders.order_id

),

running as (

    select
        *,
        sum(left_amount) over (partition by order_id) as order_left_amount,
        sum(left_amount) over (
            partition by order_id
            order by order_line_id asc
            rows between unbounded preceding and current row
        ) as running_left_amount,
        sum(own_coupon_amount) over (
            partition by order_id
            order by order_line_id asc
            rows between unbounded preceding and current row
        ) as running_coupon_amount

    from measured

),

capped as (

    -- no order can be discounted below nothing
    select
        order_id,
        order_line_id,
        left_amount,
        own_coupon_amount,
        order_left_amount,
        running_left_amount,
        running_coupon_amount,
        case
            when discount_amount > order_left_amount then order_left_amount
            else discount_amount
        end as order_discount_amount,
        case
            when discount_amount + coupon_amount > order_left_amount
                then order_left_amount
            else discount_amount + coupon_amount
        end as taken_off_amount

    from running

),

allocated as (

    -- differences of a rounded running share: the shares add up to the cent. What a
    -- coupon is worth beyond its order is money given back.
    select
        order_id,
        order_line_id,
        {{ segmentation.running_share(
            'taken_off_amount', 'running_left_amount', 'order_left_amount'
        ) }}
        - {{ segmentation.running_share(
            'taken_off_amount', '(running_left_amount - left_amount)',
            'order_left_amount'
        ) }} as discount_share_amount,
        greatest(
            order_discount_amount + running_coupon_amount - order_left_amount, 0
        ) - greatest(
            order_discount_amount + running_coupon_amount - own_coupon_amount
            - order_left_amount,
            0
        ) as coupon_excess_amount

    from capped

)

select
    -- ids
    sold.order_line_id,
    sold.order_id,
    sold.customer_id,
    sold.product_id,

    -- strings
    sold.order_treatment as treatment,

    -- numerics
    case when sold.effect = 'sale' then sold.quantity else 0 end as quantity,
    cast(
        case when sold.effect = 'sale' then sold.line_amount else 0 end as {{ money }}
    ) as gross_amount,
    cast(
        case when sold.effect = 'sale' then sold.markdown_amount else 0 end
        as {{ money }}
    ) as markdown_amount,
    cast(
        case
            when sold.effect = 'sale'
                then
                    sold.own_discount_amount
                    + coalesce(allocated.discount_share_amount, 0)
            else 0
        end as {{ money }}
    ) as discount_amount,
    -- a line of a return is money given back, whatever its sign
    cast(
        case
            when sold.effect = 'return' then sold.own_amount
            when sold.effect = 'discount' then allocated.coupon_excess_amount
            else 0
        end as {{ money }}
    ) as credit_amount,
    sold.line_tax_amount,
    cast(
        case when sold.effect = 'sale' then sold.cost_amount else 0 end as {{ money }}
    ) as cost_amount,
    sold.returned_quantity,

    -- booleans
    sold.effect = 'sale' as is_sale,

    -- timestamps
    sold.ordered_on,
    sold.voided_on,
    sold.returned_on,
    sold.given_back_on

from sold

left join allocated
    on
        sold.order_id = allocated.order_id
        and sold.order_line_id = allocated.order_line_id
