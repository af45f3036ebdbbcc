-- One row per accepted customer of a customer summary: what was bought in all, in the
-- reporting currency.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

totals as (

    select * from {{ ref('stg_customer_summary__totals') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__dated') }}

)

select
    -- ids
    customers.customer_id,

    -- strings
    totals.preferred_category,

    -- numerics
    totals.n_orders,
    -- at the rate of the last purchase, so that it stays what it is until the next
    cast(
        round(
            cast(totals.total_amount as {{ segmentation.type_money_wide() }})
            * coalesce(rates.rate, 1),
            4
        ) as {{ segmentation.type_money() }}
    ) as net_amount,
    totals.n_site_visits,
    totals.n_email_clicks,

    -- booleans
    -- more than the cent that rounding explains
    coalesce(
        100 * abs(
            totals.stated_average_amount * totals.n_orders - totals.total_amount
        ) > totals.n_orders,
        false
    ) as has_contradictory_average,

    -- timestamps
    customers.known_on,
    totals.first_ordered_on,
    totals.last_ordered_on

from customers

inner join totals
    on customers.customer_id = totals.customer_id

left join rates
    on
        totals.currency = rates.currency
        and totals.last_ordered_on >= rates.valid_from
        and totals.last_ordered_on < rates.valid_until
