-- One row per accepted order that has an accepted line, with the sums of its lines.
{% set money = segmentation.type_money() %}
with

orders as (

    select * from {{ ref('int_orders__checked') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

),

accepted as (

    select * from orders
    where reject_reason is null

),

totals as (

    select
        order_id,
        max(treatment) as treatment,
        sum(case when is_sale then 1 else 0 end) as n_lines,
        sum(gross_amount) as gross_amount,
        sum(markdown_amount) as markdown_amount,
        sum(discount_amount) as discount_amount,
        sum(cost_amount) as cost_amount

    from lines

    group by order_id

),

given_back as (

    select
        order_id,
        sum(returned_amount) as returned_amount

    from returns

    group by order_id

)

select
    -- ids
    accepted.order_id,
    accepted.customer_id,

    -- strings
    totals.treatment,
    accepted.channel,

    -- numerics
    cast(totals.n_lines as {{ dbt.type_bigint() }}) as n_lines,
    cast(totals.gross_amount as {{ money }}) as gross_amount,
    cast(totals.markdown_amount as {{ money }}) as markdown_amount,
    cast(totals.discount_amount as {{ money }}) as discount_amount,
    cast(coalesce(given_back.returned_amount, 0) as {{ money }}) as returned_amount,
    cast(totals.cost_amount as {{ money }}) as cost_amount,
    cast(
        totals.gross_amount - totals.discount_amount
        - coalesce(given_back.returned_amount, 0)
        as {{ money }}
    ) as net_amount,
    accepted.shipping_amount,
    accepted.tax_amount,

    -- booleans
    accepted.coupon_code is not null as has_coupon,
    totals.discount_amount + totals.markdown_amount > 0 as is_discounted,

    -- timestamps
    accepted.ordered_at,
    accepted.ordered_on,
    accepted.voided_on,
    accepted.dated_voided_on

from accepted

inner join totals
    on accepted.order_id = totals.order_id

left join given_back
    on accepted.order_id = given_back.order_id
