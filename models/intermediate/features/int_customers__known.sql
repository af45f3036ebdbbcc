-- One row per accepted customer, with the day from which the shop knows them:
-- that of the account or of the first order or visit, whichever is first.
with

customers as (

    select * from {{ ref('int_customers__checked') }}

),

orders as (

    select * from {{ ref('int_orders__priced') }}

),

first_orders as (

    select
        customer_id,
        min(ordered_on) as first_ordered_on

    from orders

    group by customer_id

)

select
    customers.customer_id,
    customers.gender,
    customers.country,
    customers.state,
    customers.city,
    case
        when customers.country is not null or customers.state is not null
            then coalesce(customers.country, '') || '|' || coalesce(customers.state, '')
    end as place,
    customers.birth_date,
    customers.age,
    -- a customer without any date has always been known
    coalesce(
        least(
            coalesce(
                {{ segmentation.day_of('customers.first_seen_at') }},
                first_orders.first_ordered_on
            ),
            coalesce(
                first_orders.first_ordered_on,
                {{ segmentation.day_of('customers.first_seen_at') }}
            )
        ),
        cast('1900-01-01' as date)
    ) as known_on

from customers

left join first_orders
    on customers.customer_id = first_orders.customer_id

where customers.reject_reason is null
