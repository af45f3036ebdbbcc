-- Net revenue by calendar month adds up to that of all customers at the last snapshot,
-- exactly; a shop that is known by totals alone has no months.
{% call segmentation.if_all_are_built() %}
with

months as (

    select * from {{ ref('fct_segment_months') }}

),

customers as (

    select * from {{ ref('rpt_customers') }}

),

month_totals as (

    select
        count(*) as n_months,
        sum(n_orders) as n_orders,
        sum(net_amount) as net_amount

    from months

),

customer_totals as (

    select
        sum(n_orders) as n_orders,
        sum(net_amount) as net_amount

    from customers

)

select
    month_totals.n_orders as month_orders,
    customer_totals.n_orders as customer_orders,
    month_totals.net_amount as month_net_amount,
    customer_totals.net_amount as customer_net_amount

from month_totals

cross join customer_totals

where
    month_totals.n_months > 0
    and (
        month_totals.n_orders != customer_totals.n_orders
        or month_totals.net_amount != customer_totals.net_amount
    )

{% endcall %}
