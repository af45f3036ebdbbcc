-- One row per refund received, with the reason it was rejected for, if any, and its
-- amount in the reporting currency.
with

refunds as (

    select * from {{ ref('int_refunds__united') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

signs as (

    select * from {{ ref('int_money_signs__found') }}

),

first_orders as (

    select * from orders
    where copy_number = 1

),

sales as (

    select
        order_id,
        max(treatment) as treatment

    from lines

    group by order_id

),

numbered as (

    select
        *,
        row_number() over (
            partition by refund_id
            order by
                order_id asc nulls last,
                order_line_id asc nulls last,
                refunded_at asc nulls last,
                amount asc nulls last,
                quantity asc nulls last
        ) as copy_number

    from refunds

),

looked_up as (

    select
        numbered.*,
        cast(numbered.amount as {{ segmentation.type_money_wide() }})
        * coalesce(signs.lowering_sign, 1) as lowering_amount,
        {{ segmentation.implausible_value(
            {'amount': 'numbered.amount'}, 'first_orders.rate'
        ) }} as implausible_value,
        first_orders.ordered_on,
        first_orders.rate,
        first_orders.order_id is not null as has_order,
        first_orders.reject_reason as order_reject_reason,
        sales.treatment as order_treatment,
        lines.order_line_id is not null as has_line,
        coalesce(lines.is_sale, false) as is_of_sale

    from numbered

    left join first_orders
        on numbered.order_id = first_orders.order_id

    left join sales
        on numbered.order_id = sales.order_id

    left join lines
        on
            numbered.order_id = lines.order_id
            and numbered.order_line_id = lines.order_line_id

    left join signs
        on signs.input_column_id = 'refunds.amount'

)

select
    -- ids
    refund_id,
    order_id,
    order_line_id,

    -- strings
    case
        when refund_id is null or trim(refund_id) = '' then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
        when not has_order then 'orphan_refund'
        when order_reject_reason is not null then 'order_' || order_reject_reason
        when order_treatment is null then 'order_no_accepted_lines'
        when order_treatment = 'refund' then 'order_is_refund'
        when order_line_id is not null and not has_line then 'orphan_line'
        when order_line_id is not null and not is_of_sale then 'line_is_no_sale'
        when amount is null then 'missing_amount'
        when implausible_value is not null then 'implausible_amount'
        when lowering_amount < 0 then 'unexpected_sign'
        when refunded_at > {{ segmentation.extracted_at() }} then 'future_date'
    end as reject_reason,
    implausible_value,

    -- numerics
    copy_number,
    amount,
    case
        when implausible_value is null
            then {{ segmentation.in_reporting_currency('lowering_amount') }}
    end as refund_amount,

    -- timestamps
    refunded_at,
    -- a refund of unknown date, or dated before its order, counts from the order on
    case
        when refunded_at is null then ordered_on
        when {{ segmentation.day_of('refunded_at') }} < ordered_on
            then ordered_on
        else {{ segmentation.day_of('refunded_at') }}
    end as refunded_on

from looked_up
