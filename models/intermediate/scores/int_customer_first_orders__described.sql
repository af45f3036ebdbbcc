-- One row per customer whose first days are over: the first order, and what was known
-- of the customer at the end of day segmentation_early_days after it.
{% set early_days = var('segmentation_early_days') | int %}
{% set double = segmentation.type_double() %}
{% set bigint = dbt.type_bigint() %}
with

orders as (

    select * from {{ ref('int_orders__priced') }}

),

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

engaged_days as (

    select * from {{ ref('int_customer_days__engaged') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

standing as (

    -- orders not voided by the end of the day they are described on; what was voided
    -- later was not known to be
    select
        order_id,
        customer_id,
        ordered_on,
        {{ segmentation.dateadd_days(early_days, 'ordered_on') }} as described_on,
        cast(gross_amount + markdown_amount as {{ double }}) as listed,
        cast(discount_amount + markdown_amount as {{ double }}) as saved,
        gross_amount - discount_amount as paid_amount,
        n_lines,
        has_coupon,
        row_number() over (
            partition by customer_id
            order by ordered_at asc, order_id asc
        ) as order_number

    from orders

    where
        treatment != 'refund'
        and {{ segmentation.dateadd_days(early_days, 'ordered_on') }} < voided_on

),

first_orders as (

    select standing.*

    from standing

    inner join last_snapshot
        on standing.described_on <= last_snapshot.as_of_date

    where standing.order_number = 1

),

ordered as (

    select
        first_orders.customer_id,
        sum(days.n_orders) as n_orders,
        sum(days.gross_amount - days.discount_amount - days.returned_amount)
            as net_amount

    from first_orders

    inner join days
        on
            first_orders.customer_id = days.customer_id
            and first_orders.ordered_on <= days.activity_on
            and first_orders.described_on >= days.activity_on
            and first_orders.described_on < days.voided_on

    group by first_orders.customer_id

),

engaged as (

    select
        first_orders.customer_id,
        sum(engaged_days.n_sessions) as n_sessions,
        sum(engaged_days.n_views) as n_views,
        sum(engaged_days.n_carts) as n_carts,
        sum(engaged_days.n_emails_opened) as n_emails_opened,
        sum(engaged_days.n_emails_clicked) as n_emails_clicked

    from first_orders

    inner join engaged_days
        on
            first_orders.customer_id = engaged_days.customer_id
            and first_orders.ordered_on <= engaged_days.activity_on
            and first_orders.described_on >= engaged_days.activity_on

    group by first_orders.customer_id

)

select
    -- ids
    first_orders.customer_id,

    -- numerics
    cast(first_orders.paid_amount as {{ segmentation.type_money() }})
        as first_order_amount,
    case
        when recorded.has_discounts
            then first_orders.saved / nullif(first_orders.listed, 0)
    end as first_order_discount_share,
    cast(first_orders.n_lines as {{ bigint }}) as n_lines_first_order,
    cast(ordered.n_orders as {{ bigint }}) as n_orders_early,
    cast(ordered.net_amount as {{ segmentation.type_money() }}) as net_amount_early,
    cast(coalesce(engaged.n_sessions, 0) as {{ bigint }}) as n_sessions_early,
    cast(coalesce(engaged.n_views, 0) as {{ bigint }}) as n_views_early,
    cast(coalesce(engaged.n_carts, 0) as {{ bigint }}) as n_carts_early,
    cast(coalesce(engaged.n_emails_opened, 0) as {{ bigint }}) as n_emails_opened_early,
    cast(coalesce(engaged.n_emails_clicked, 0) as {{ bigint }})
        as n_emails_clicked_early,
    cast(
        {{ segmentation.days_between('customers.known_on', 'first_orders.ordered_on') }}
        as {{ dbt.type_int() }}
    ) as days_before_first_order,
    cast(
        coalesce(
            floor(
                {{ segmentation.days_between(
                    'customers.birth_date', 'first_orders.described_on'
                ) }} / 365.25e0
            ),
            customers.age
        ) as {{ dbt.type_int() }}
    ) as early_age_years,

    -- booleans
    case when recorded.has_coupons then first_orders.has_coupon end
        as has_first_order_coupon,

    -- timestamps
    first_orders.ordered_on as first_ordered_on,
    first_orders.described_on

from first_orders

cross join recorded

inner join customers
    on first_orders.customer_id = customers.customer_id

inner join ordered
    on first_orders.customer_id = ordered.customer_id

left join engaged
    on first_orders.customer_id = engaged.customer_id
