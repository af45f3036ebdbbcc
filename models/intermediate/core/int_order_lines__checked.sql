-- One row per order line received, with the reason it was rejected for, if any, and its
-- amounts in the reporting currency.
{{ config(post_hook="{{ segmentation.check_sums_of_money([
    'line_amount', 'markdown_amount', 'cost_amount'
]) }}") }}
{% set quantity = 'cast(quantity as ' ~ segmentation.type_double() ~ ')' %}
with

lines as (

    select * from {{ ref('int_order_lines__united') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

signs as (

    select * from {{ ref('int_money_signs__found') }}

),

line_types as (

    {{ segmentation.words_of('order_lines', 'line_type') }}

),

lowering_signs as (

    -- one row
    select
        min(
            case
                when input_column_id = 'order_lines.discount_amount'
                    then lowering_sign
            end
        ) as discount_sign,
        min(
            case
                when input_column_id = 'order_lines.returned_quantity'
                    then lowering_sign
            end
        ) as returned_sign

    from signs

),

first_orders as (

    select * from orders
    where copy_number = 1

),

shop_rates as (

    -- one row
    select case when min(currency) = max(currency) then max(rate) end as rate
    from first_orders

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_id, order_line_id
            order by
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
        -- a line without an order is in the currency of all orders, if that is one
        case
            when first_orders.order_id is null then shop_rates.rate
            else first_orders.rate
        end as rate,
        first_orders.has_tax_in_prices,
        first_orders.given_back_on,
        first_orders.order_id is not null as has_order,
        first_orders.reject_reason as order_reject_reason,
        case
            when numbered.line_type is null or line_types.meaning = 'none'
                then 'goods'
            else coalesce(line_types.meaning, 'unknown')
        end as line_meaning

    from numbered

    left join line_types
        on numbered.line_type = line_types.spelling

    left join first_orders
        on numbered.order_id = first_orders.order_id

    cross join shop_rates

),

sized as (

    select
        *,
        {{ segmentation.implausible_value({
            'discount_amount': 'discount_amount',
            'tax_amount': 'tax_amount',
            'unit_price': 'unit_price',
            'list_price': 'list_price',
            'unit_cost': 'unit_cost',
            'quantity * unit_price': quantity ~ ' * unit_price',
            'quantity * list_price': quantity ~ ' * list_price',
            'quantity * unit_cost': quantity ~ ' * unit_cost',
        }) }} as implausible_amount,
        {{ segmentation.implausible_value(
            {'quantity': 'quantity', 'returned_quantity': 'returned_quantity'}, 1
        ) }} as implausible_quantity

    from looked_up

),

signed as (

    select
        sized.*,
        coalesce(sized.implausible_quantity, sized.implausible_amount)
            as implausible_value,
        sized.discount_amount * coalesce(lowering_signs.discount_sign, 1)
            as lowering_discount_amount,
        sized.returned_quantity * coalesce(lowering_signs.returned_sign, 1)
            as lowering_returned_quantity

    from sized

    cross join lowering_signs

),

judged as (

    select
        *,
        case when implausible_value is null then quantity end as priced_quantity,
        -- a line below nothing lowers the order that it stands in
        case
            when treatment = 'refund' then 'return'
            when line_meaning = 'discount' then 'discount'
            when quantity < 0 then 'return'
            when unit_price < 0 then 'discount'
            else 'sale'
        end as line_effect,
        case
            when order_line_id is null or trim(order_line_id) = '' then 'missing_key'
            when copy_number > 1 then 'duplicate_key'
            when connector_reject_reason is not null then connector_reject_reason
            when not has_order then 'orphan_line'
            when order_reject_reason is not null then 'order_' || order_reject_reason
            when line_meaning = 'unknown' then 'unknown_line_type'
            -- goods alone are revenue
            when line_meaning not in ('goods', 'discount') then line_meaning || '_line'
            when quantity is null or unit_price is null then 'missing_amount'
            -- both below nothing: whether it raises or lowers cannot be told
            when
                quantity < 0
                and unit_price < 0
                and line_meaning = 'goods'
                and treatment != 'refund'
                then 'negative_price_and_quantity'
            when quantity = 0 then 'zero_quantity'
            when implausible_value is not null then 'implausible_amount'
        end as reject_reason

    from signed

),

discounted as (

    select
        *,
        case
            when implausible_value is not null then 0
            -- a return mirrors the sign of the sale that it undoes
            when line_effect != 'sale' then abs(coalesce(discount_amount, 0))
            when lowering_discount_amount > 0 then lowering_discount_amount
            else 0
        end as priced_discount_amount

    from judged

)

select
    -- ids
    order_line_id,
    order_id,
    customer_id,
    product_id,

    -- strings
    reject_reason,
    line_type,
    treatment,
    line_effect,
    implausible_value,

    -- numerics
    copy_number,
    quantity,
    unit_price,
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
    {{ segmentation.in_reporting_currency('priced_discount_amount') }}
        as line_discount_amount,
    case
        when has_tax_in_prices
            then
                {{ segmentation.in_reporting_currency(
                    'case when implausible_value is null then abs(tax_amount) end'
                ) }}
    end as line_tax_amount,
    cast(
        round(
            cast(priced_quantity as {{ segmentation.type_money_wide() }})
            * coalesce(unit_cost, 0) * rate,
            4
        ) as {{ segmentation.type_money() }}
    ) as cost_amount,
    case
        when line_effect != 'sale' or lowering_returned_quantity is null then 0
        when lowering_returned_quantity < 0 then 0
        when lowering_returned_quantity > quantity then quantity
        else lowering_returned_quantity
    end as returned_quantity,

    -- timestamps
    ordered_on,
    voided_on,
    -- a return of unknown date, or dated before its order, counts from the order on
    case
        when line_effect != 'sale' or returned_at is null then ordered_on
        when {{ segmentation.day_of('returned_at') }} < ordered_on then ordered_on
        else {{ segmentation.day_of('returned_at') }}
    end as returned_on,
    -- likewise, where a status says that the whole order came back
    case
        when {{ segmentation.day_of('returned_at') }} >= ordered_on
            then {{ segmentation.day_of('returned_at') }}
        else given_back_on
    end as given_back_on

from discounted
