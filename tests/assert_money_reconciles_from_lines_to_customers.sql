-- Lines, orders and customers add up to the same gross, discount, returned and net
-- amount at the last snapshot, exactly.
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

orders as (

    select * from {{ ref('int_orders__priced') }}

),

rfm as (

    select * from {{ ref('fct_customer_rfm') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from rfm

),

line_totals as (

    select
        sum(
            case when ordered_on <= last_snapshot.as_of_date then gross_amount else 0 end
        ) as gross_amount,
        sum(
            case
                when ordered_on <= last_snapshot.as_of_date then discount_amount
                else 0
            end
        ) as discount_amount,
        sum(
            case
                when returned_on <= last_snapshot.as_of_date then returned_amount
                else 0
            end
        ) as returned_amount

    from lines

    cross join last_snapshot

    where voided_on > last_snapshot.as_of_date

),

order_totals as (

    select
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount

    from orders

    cross join last_snapshot

    where
        ordered_on <= last_snapshot.as_of_date
        and voided_on > last_snapshot.as_of_date

),

customer_totals as (

    select
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(returned_amount) as returned_amount,
        sum(monetary_amount) as net_amount

    from rfm

    inner join last_snapshot
        on rfm.as_of_date = last_snapshot.as_of_date

)

select
    line_totals.gross_amount as line_gross_amount,
    order_totals.gross_amount as order_gross_amount,
    customer_totals.gross_amount as customer_gross_amount,
    line_totals.discount_amount as line_discount_amount,
    order_totals.discount_amount as order_discount_amount,
    customer_totals.discount_amount as customer_discount_amount,
    line_totals.returned_amount as line_returned_amount,
    customer_totals.returned_amount as customer_returned_amount,
    customer_totals.net_amount as customer_net_amount

from line_totals

cross join order_totals

cross join customer_totals

where
    line_totals.gross_amount != order_totals.gross_amount
    or line_totals.gross_amount != customer_totals.gross_amount
    or line_totals.discount_amount != order_totals.discount_amount
    or line_totals.discount_amount != customer_totals.discount_amount
    or line_totals.returned_amount != customer_totals.returned_amount
    or line_totals.gross_amount
    - line_totals.discount_amount
    - line_totals.returned_amount
    != customer_totals.net_amount
