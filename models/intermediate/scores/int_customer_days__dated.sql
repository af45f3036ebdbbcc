-- One row per customer, day and day on which what happened was voided, by dated rows
-- alone: what scores may learn from.
--
-- A cancellation or a return whose day is not on record is known today and was not
-- known then. Were it to count from its order's day on, an old slice would know the
-- future, and a score would learn from it what no customer of today can tell. So here
-- an order stands until the day of its cancellation, always where there is no such day,
-- and what came back on no day never did.
with

priced_orders as (

    select * from {{ ref('int_orders__priced') }}

),

priced_returns as (

    select * from {{ ref('int_returns__priced') }}

),

orders as (

    select
        customer_id,
        treatment,
        n_lines,
        gross_amount,
        markdown_amount,
        discount_amount,
        has_coupon,
        ordered_on,
        dated_voided_on as voided_on

    from priced_orders

),

returns as (

    select
        priced_returns.customer_id,
        priced_returns.returned_amount,
        priced_returns.returned_on,
        priced_orders.dated_voided_on as voided_on

    from priced_returns

    inner join priced_orders
        on priced_returns.order_id = priced_orders.order_id

    where priced_returns.is_dated

),

{{ segmentation.customer_days() }}
