-- Every priced order carries exactly the amounts of its lines; a join that fanned out
-- would multiply them.
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

line_totals as (

    select
        order_id,
        sum(case when is_sale then 1 else 0 end) as n_lines,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount

    from lines

    group by order_id

),

return_totals as (

    select
        order_id,
        sum(returned_amount) as returned_amount

    from returns

    group by order_id

)

select
    coalesce(orders.order_id, line_totals.order_id) as order_id,
    orders.gross_amount as order_gross_amount,
    line_totals.gross_amount as line_gross_amount

from orders

full outer join line_totals
    on orders.order_id = line_totals.order_id

full outer join return_totals
    on orders.order_id = return_totals.order_id

where
    orders.order_id is null
    or line_totals.order_id is null
    or orders.n_lines != line_totals.n_lines
    or orders.gross_amount != line_totals.gross_amount
    or orders.discount_amount != line_totals.discount_amount
    or orders.returned_amount != coalesce(return_totals.returned_amount, 0)

{% endcall %}
