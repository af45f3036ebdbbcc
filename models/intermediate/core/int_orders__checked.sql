-- One row per order row received, with the reason it was rejected for, if any, and its
-- amounts in the reporting currency.
{{ config(post_hook="{{ segmentation.check_sums_of_money([
    'shipping_amount', 'tax_amount', 'discount_amount'
]) }}") }}
{% set reporting_currency = segmentation.text_literal(
    var('segmentation_currency')
) %}
with

orders as (

    select * from {{ ref('int_orders__united') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

statuses as (

    {{ segmentation.words_of('orders', 'status') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__dated') }}

),

signs as (

    select * from {{ ref('int_money_signs__found') }}

),

compared_discounts as (

    select * from {{ ref('int_order_discounts__compared') }}

),

known_customers as (

    select
        customer_id,
        reject_reason

    from customers

    where copy_number = 1

),

numbered as (

    select
        order_id,
        customer_id,
        {{ segmentation.day_of('ordered_at') }} as ordered_on,
        ordered_at,
        cancelled_at,
        updated_at,
        status,
        coalesce(
            upper(trim(currency)), {{ reporting_currency }}
        ) as currency,
        shipping_amount,
        tax_amount,
        discount_amount,
        coupon_code,
        channel,
        connector_reject_reason,
        coalesce(is_test, false) as is_test,
        coalesce(has_tax_in_prices, false) as has_tax_in_prices,
        max(updated_at) over (partition by order_id) as last_updated_at,
        -- an order exported once per status: the newest row is the order
        row_number() over (
            partition by order_id
            order by
                updated_at desc nulls last,
                ordered_at asc nulls last,
                customer_id asc nulls last,
                status asc nulls last,
                currency asc nulls last,
                discount_amount asc nulls last,
                cancelled_at asc nulls last,
                coupon_code asc nulls last,
                channel asc nulls last
        ) as copy_number

    from orders

),

understood as (

    -- an order without a status is one
    select
        numbered.*,
        case
            when numbered.status is null or statuses.meaning = 'none' then 'counted'
            else statuses.meaning
        end as treatment

    from numbered

    left join statuses
        on numbered.status = statuses.spelling

),

looked_up as (

    select
        understood.*,
        rates.rate,
        compared_discounts.additional_discount_amount,
        coalesce(compared_discounts.is_contradictory, false)
            as has_contradictory_discount,
        understood.discount_amount * coalesce(signs.lowering_sign, 1)
            as lowering_discount_amount,
        -- a day before the order is no day of its cancellation
        coalesce(
            understood.treatment = 'cancelled'
            or {{ segmentation.day_of('understood.cancelled_at') }}
            >= understood.ordered_on,
            false
        ) as is_cancelled,
        known_customers.customer_id is not null as has_customer,
        known_customers.reject_reason as customer_reject_reason

    from understood

    left join known_customers
        on understood.customer_id = known_customers.customer_id

    left join rates
        on
            understood.currency = rates.currency
            and understood.ordered_on >= rates.valid_from
            and understood.ordered_on < rates.valid_until

    left join compared_discounts
        on
            understood.order_id = compared_discounts.order_id
            and understood.discount_amount = compared_discounts.discount_amount

    left join signs
        on signs.input_column_id = 'orders.discount_amount'

),

sized as (

    select
        *,
        {{ segmentation.implausible_value({
            'shipping_amount': 'shipping_amount',
            'tax_amount': 'tax_amount',
            'discount_amount': 'discount_amount',
        }) }} as implausible_value

    from looked_up

),

priced as (

    select
        *,
        case when implausible_value is null then shipping_amount end
            as plausible_shipping_amount,
        case when implausible_value is null then tax_amount end
            as plausible_tax_amount,
        case
            when implausible_value is not null then 0
            -- what its lines have been told of already is not told again
            when additional_discount_amount is not null
                then additional_discount_amount
            when lowering_discount_amount > 0 then lowering_discount_amount
            else 0
        end as counted_discount_amount

    from sized

)

select
    -- ids
    order_id,
    customer_id,

    -- strings
    case
        when order_id is null or trim(order_id) = '' then 'missing_key'
        when
            copy_number > 1
            and last_updated_at is not null
            and (updated_at is null or updated_at < last_updated_at)
            then 'superseded'
        when copy_number > 1 then 'duplicate_key'
        when connector_reject_reason is not null then connector_reject_reason
        when is_test then 'test_order'
        when customer_id is null or trim(customer_id) = '' then 'guest'
        when not has_customer then 'unknown_customer'
        when customer_reject_reason is not null then customer_reject_reason
        when ordered_at is null then 'missing_date'
        when ordered_at > {{ segmentation.extracted_at() }} then 'future_date'
        when {{ segmentation.is_out_of_range('orders', 'ordered_at') }}
            then 'implausible_date'
        when treatment is null then 'unknown_status'
        when rate is null then 'unknown_currency'
        when implausible_value is not null then 'implausible_amount'
        when has_contradictory_discount then 'contradictory_discount'
    end as reject_reason,
    status,
    treatment,
    currency,
    coupon_code,
    channel,
    implausible_value,

    -- numerics
    copy_number,
    rate,
    {{ segmentation.in_reporting_currency('coalesce(plausible_shipping_amount, 0)') }}
        as shipping_amount,
    {{ segmentation.in_reporting_currency('coalesce(plausible_tax_amount, 0)') }}
        as tax_amount,
    {{ segmentation.in_reporting_currency('counted_discount_amount') }}
        as discount_amount,

    -- booleans
    has_tax_in_prices,

    -- timestamps
    ordered_at,
    ordered_on,
    -- from this day on the order never was; an order cancelled at an unknown time never
    -- was at all
    case
        when is_cancelled and coalesce(cancelled_at, updated_at) > ordered_at
            then {{ segmentation.day_of('coalesce(cancelled_at, updated_at)') }}
        when is_cancelled then ordered_on
        else {{ segmentation.end_of_time() }}
    end as voided_on,
    -- from this day on it was known that the order never was; never, where the day of
    -- its cancellation is unknown
    case
        when
            is_cancelled
            and {{ segmentation.day_of('coalesce(cancelled_at, updated_at)') }}
            >= ordered_on
            then {{ segmentation.day_of('coalesce(cancelled_at, updated_at)') }}
        else {{ segmentation.end_of_time() }}
    end as dated_voided_on,
    -- what a status says came back did so when it was set, else from the order on
    case
        when treatment = 'returned' and updated_at > ordered_at
            then {{ segmentation.day_of('updated_at') }}
        when treatment = 'returned' then ordered_on
    end as given_back_on

from priced
