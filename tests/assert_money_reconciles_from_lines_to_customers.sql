-- Lines, orders and customers add up to the same gross, discount, returned and net
-- amount at the last snapshot, exactly.
{% call segmentation.if_all_are_built() %}
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

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
            case
                when lines.ordered_on <= last_snapshot.as_of_date
                    then lines.gross_amount
                else 0
            end
        ) as gross_amount,
        sum(
            case
                when lines.ordered_on <= last_snapshot.as_of_date
                    then lines.discount_amount
                else 0
            end
        ) as discount_amount

    from lines

    cross join last_snapshot

    where lines.voided_on > last_snapshot.as_of_date

),

return_totals as (

    select coalesce(sum(returns.returned_amount), 0) as returned_amount

    from returns

    cross join last_snapshot

    where
        returns.returned_on <= last_snapshot.as_of_date
        and returns.voided_on > last_snapshot.as_of_date

),

order_totals as (

    select
        sum(orders.gross_amount) as gross_amount,
        sum(orders.discount_amount) as discount_amount

    from orders

    cross join last_snapshot

    where
        orders.ordered_on <= last_snapshot.as_of_date
        and orders.voided_on > last_snapshot.as_of_date

),

customer_totals as (

    select
        sum(rfm.gross_amount) as gross_amount,
        -- null, if the shop has none on record
        coalesce(sum(rfm.discount_amount), 0) as discount_amount,
        coalesce(sum(rfm.returned_amount), 0) as returned_amount,
        sum(rfm.monetary_amount) as net_amount

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
    return_totals.returned_amount as line_returned_amount,
    customer_totals.returned_amount as customer_returned_amount,
    customer_totals.net_amount as customer_net_amount

from line_totals

cross join return_totals

cross join order_totals

cross join customer_totals

where
    line_totals.gross_amount != order_totals.gross_amount
    or line_totals.gross_amount != customer_totals.gross_amount
    or line_totals.discount_amount != order_totals.discount_amount
    or line_totals.discount_amount != customer_totals.discount_amount
    or return_totals.returned_amount != customer_totals.returned_amount
    or line_totals.gross_amount
    - line_totals.discount_amount
    - return_totals.returned_amount
    != customer_totals.net_amount

{% endcall %}
