-- One row per accepted customer, with the day from which the shop knows them:
-- that of the account or of the first order, whichever is first. An account without a
-- date is as old as the first thing that is known of it: else an old snapshot would
-- hold customers of whom nothing was known then.
with

customers as (

    select * from {{ ref('int_customers__checked') }}

),

orders as (

    select * from {{ ref('int_orders__priced') }}

),

web_events as (

    select * from {{ ref('int_web_events__checked') }}

),

email_events as (

    select * from {{ ref('int_email_events__checked') }}

),

tickets as (

    select * from {{ ref('int_tickets__checked') }}

),

reviews as (

    select * from {{ ref('int_reviews__checked') }}

),

accepted as (

    select * from customers
    where reject_reason is null

),

undated as (

    select customer_id
    from accepted
    where first_seen_at is null

),

events as (

    {% for events in ['web_events', 'email_events', 'tickets', 'reviews'] %}
        select
            customer_id,
            occurred_on
        from {{ events }}
        where reject_reason is null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

first_events as (

    select
        undated.customer_id,
        min(events.occurred_on) as first_event_on

    from undated

    inner join events
        on undated.customer_id = events.customer_id

    group by undated.customer_id

),

first_orders as (

    select
        customer_id,
        min(ordered_on) as first_ordered_on

    from orders

    group by customer_id

),

seen as (

    select
        accepted.*,
        first_orders.first_ordered_on,
        coalesce(
            {{ segmentation.day_of('accepted.first_seen_at') }},
            first_events.first_event_on
        ) as first_seen_on

    from accepted

    left join first_orders
        on accepted.customer_id = first_orders.customer_id

    left join first_events
        on accepted.customer_id = first_events.customer_id

)

select
    customer_id,
    gender,
    country,
    state,
    city,
    case
        when country is not null or state is not null
            then coalesce(country, '') || '|' || coalesce(state, '')
    end as place,
    birth_date,
    age,
    -- a customer without any date has always been known
    coalesce(
        least(
            coalesce(first_seen_on, first_ordered_on),
            coalesce(first_ordered_on, first_seen_on)
        ),
        cast('1900-01-01' as date)
    ) as known_on

from seen
