-- One row per order line received, with the reason it was rejected for, if any, and its
-- amounts in the reporting currency.
with

lines as (

    select * from {{ segmentation.ref_staging('order_lines') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

signs as (

    select * from {{ ref('int_money_signs__found') }}

),

line_types as (

    select
        spelling,
        meaning

    from {{ ref('int_words__read') }}

    where
        entity = 'order_lines'
        and column_name = 'line_type'

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
        first_orders.rate,
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

),

sized as (

    select
        *,
        {{ segmentation.is_implausible_amount('discount_amount') }}
        or {{ segmentation.is_implausible_amount('tax_amount') }}
        {% for price in ['unit_price', 'list_price', 'unit_cost'] %}
            or {{ segmentation.is_implausible_amount(
                'cast(quantity as ' ~ segmentation.type_double() ~ ') * ' ~ price
            ) }}
        {% endfor %}
            as is_implausible

    from looked_up

),

signed as (

    select
        sized.*,
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
        case when not is_implausible then quantity end as priced_quantity,
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
            when is_implausible then 'implausible_amount'
        end as reject_reason

    from signed

),

discounted as (

    select
        *,
        case
            when is_implausible then 0
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
    treatment,
    line_effect,

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
    {{ segmentation.in_reporting_currency('priced_discount_amount') }}
        as line_discount_amount,
    case
        when has_tax_in_prices
            then
                {{ segmentation.in_reporting_currency(
                    'case when not is_implausible then abs(tax_amount) end'
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
