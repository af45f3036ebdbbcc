-- One row per order line received, with the reason it was rejected for, if any, and its
-- amounts in the reporting currency.
with

lines as (

    select * from {{ segmentation.ref_staging('order_lines') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

first_orders as (

    select * from orders
    where copy_number = 1

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_line_id
            order by
                order_id asc nulls last,
                product_id asc nulls last,
                quantity asc nulls last,
                unit_price asc nulls last,
                discount_amount asc nulls last,
                returned_quantity asc nulls last,
                returned_at asc nulls last
        ) as copy_number

    from lines

),

looked_up as (

    select
        numbered.*,
        first_orders.customer_id,
        first_orders.ordered_on,
        first_orders.voided_on,
        first_orders.treatment,
        first_orders.rate,
        first_orders.order_id is not null as has_order,
        first_orders.reject_reason as order_reject_reason

    from numbered

    left join first_orders
        on numbered.order_id = first_orders.order_id

),

sized as (

    -- a line worth ten thousand million is a slip, and sums of such do not fit
    select
        *,
        coalesce(
            abs(cast(quantity as {{ segmentation.type_double() }}))
            * greatest(
                abs(coalesce(unit_price, 0)),
                abs(coalesce(list_price, 0)),
                abs(coalesce(unit_cost, 0))
            ) * coalesce(rate, 1) >= 1.0e10,
            false
        ) as is_implausible

    from looked_up

),

judged as (

    select
        *,
        case when not is_implausible then quantity end as priced_quantity,
        case
            when order_line_id is null or trim(order_line_id) = '' then 'missing_key'
            when copy_number > 1 then 'duplicate_key'
            when connector_reject_reason is not null then connector_reject_reason
            when not has_order then 'orphan_line'
            when order_reject_reason is not null then 'order_' || order_reject_reason
            when quantity is null or unit_price is null then 'missing_amount'
            when unit_price < 0 then 'negative_price'
            when quantity < 0 and treatment != 'refund' then 'negative_quantity'
            when quantity = 0 then 'zero_quantity'
            when is_implausible then 'implausible_amount'
        end as reject_reason

    from sized

)

select
    -- ids
    order_line_id,
    order_id,
    customer_id,
    product_id,

    -- strings
    reject_reason,
    treatment,

    -- numerics
    copy_number,
    quantity,
    cast(
        round(
            cast(priced_quantity as {{ segmentation.type_money_wide() }})
            * unit_price * rate,
            4
        ) as {{ segmentation.type_money() }}
    ) as line_amount,
    -- what the list price was lowered by before any discount
    cast(
        round(
            case
                when list_price > unit_price
                    then
                        cast(priced_quantity as {{ segmentation.type_money_wide() }})
                        * (list_price - unit_price) * rate
                else 0
            end,
            4
        ) as {{ segmentation.type_money() }}
    ) as markdown_amount,
    cast(
        round(case when discount_amount > 0 then discount_amount else 0 end * rate, 4)
        as {{ segmentation.type_money() }}
    ) as line_discount_amount,
    cast(
        round(
            cast(priced_quantity as {{ segmentation.type_money_wide() }})
            * coalesce(unit_cost, 0) * rate,
            4
        ) as {{ segmentation.type_money() }}
    ) as cost_amount,
    case
        when returned_quantity is null or returned_quantity < 0 then 0
        when returned_quantity > quantity then quantity
        else returned_quantity
    end as returned_quantity,

    -- timestamps
    ordered_on,
    voided_on,
    -- a return of unknown date, or dated before its order, counts from the order on
    case
        when returned_at is null then ordered_on
        when {{ segmentation.day_of('returned_at') }} < ordered_on then ordered_on
        else {{ segmentation.day_of('returned_at') }}
    end as returned_on

from judged
