-- One row: which things that not every shop keeps are in the inputs at all. What is not
-- is unknown, and not nought.
with

orders as (

    select * from {{ ref('int_orders__checked') }}

),

order_lines as (

    select * from {{ ref('int_order_lines__checked') }}

),

received_orders as (

    select * from {{ ref('int_orders__united') }}

),

received_lines as (

    select * from {{ ref('int_order_lines__united') }}

),

refunds as (

    select * from {{ ref('int_refunds__united') }}

),

tickets as (

    select * from {{ ref('int_tickets__united') }}

),

order_columns as (

    select
        count(discount_amount) as n_discounts,
        count(coupon_code) as n_coupons

    from received_orders

),

order_statuses as (

    select
        coalesce(
            sum(case when treatment in ('returned', 'refund') then 1 else 0 end), 0
        ) as n_returned

    from orders

),

line_columns as (

    select
        count(discount_amount) as n_discounts,
        count(list_price) as n_list_prices,
        count(returned_quantity) as n_returned_quantities

    from received_lines

),

line_effects as (

    select
        coalesce(sum(case when line_effect = 'discount' then 1 else 0 end), 0)
            as n_discounts,
        coalesce(sum(case when line_effect = 'return' then 1 else 0 end), 0)
            as n_returns

    from order_lines

    where reject_reason is null

),

refund_rows as (

    select count(*) as n_refunds
    from refunds

),

ticket_columns as (

    select count(complaint) as n_complaints
    from tickets

)

select
    order_columns.n_discounts
    + line_columns.n_discounts
    + line_columns.n_list_prices
    + line_effects.n_discounts > 0 as has_discounts,
    order_columns.n_coupons > 0 as has_coupons,
    line_columns.n_returned_quantities
    + line_effects.n_returns
    + order_statuses.n_returned
    + refund_rows.n_refunds > 0 as has_returns,
    ticket_columns.n_complaints > 0 as has_complaints

from order_columns

cross join order_statuses

cross join line_columns

cross join line_effects

cross join refund_rows

cross join ticket_columns
