-- One row per order the demo shop has received by its last day, before any dirt: a
-- renewal process with exponential gaps until the customer drops out, and the orders
-- that a campaign added.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set end_day = segmentation.demo_end_day() %}
with

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

numbers as (

    select * from {{ ref('demo_numbers') }}

),

campaign_truth as (

    select * from {{ ref('demo_campaign_truth') }}

),

steps as (

    -- more steps than the process can be expected to need by three standard deviations
    select
        processes.customer_id,
        processes.signup_day,
        processes.lifetime_days,
        processes.orders_per_day,
        cast(numbers.number as {{ dbt.type_int() }}) as step,
        {{ segmentation.demo_digest(
            "'gap|' || processes.customer_id || '|' || cast(numbers.number as "
            ~ dbt.type_string() ~ ")"
        ) }} as digest

    from processes

    inner join numbers
        on
            numbers.number < least(
                4
                + processes.orders_per_day * least(processes.lifetime_days, 1096)
                + 3 * sqrt(
                    processes.orders_per_day * least(processes.lifetime_days, 1096)
                ),
                800
            )

    where
        processes.orders_per_day > 0
        and numbers.number < 800

),

gaps as (

    -- the first order follows the sign-up within days
    select
        customer_id,
        signup_day,
        lifetime_days,
        step,
        digest,
        -ln(1 - {{ segmentation.hash_unit('digest', 0) }})
        * case when step = 0 then 3.0 else 1 / orders_per_day end as gap_days

    from steps

),

arrivals as (

    select
        customer_id,
        signup_day,
        lifetime_days,
        step,
        digest,
        sum(gap_days) over (
            partition by customer_id
            order by step asc
            rows between unbounded preceding and current row
        ) as days_since_signup

    from gaps

),

own_orders as (

    select
        customer_id,
        step,
        signup_day + days_since_signup as order_day,
        digest

    from arrivals

    where step = 0 or days_since_signup <= lifetime_days

),

campaign_draws as (

    select
        customer_id,
        campaign_id,
        campaign_day,
        planted_uplift,
        {{ segmentation.demo_digest("'lift|' || campaign_id || '|' || customer_id") }}
            as digest

    from campaign_truth

    where arm = 'treatment'

),

campaign_orders as (

    select
        customer_id,
        900 + cast(right(campaign_id, 1) as {{ dbt.type_int() }}) as step,
        campaign_day + 0.5 + 13 * {{ segmentation.hash_unit('digest', 1) }}
            as order_day,
        digest

    from campaign_draws

    where {{ segmentation.hash_unit('digest', 0) }} < planted_uplift

),

all_orders as (

    select * from own_orders
    union all
    select * from campaign_orders

),

with_draws as (

    select
        customer_id,
        'O' || substr(customer_id, 2) || '-'
        || lpad(cast(step as {{ dbt.type_string() }}), 3, '0') as order_id,
        order_day,
        {{ segmentation.demo_digest(
            "'dirt|' || customer_id || '|' || cast(step as " ~ dbt.type_string() ~ ")"
        ) }} as dirt_digest,
        digest

    from all_orders

    where order_day < {{ end_day }}

)

select
    customer_id,
    order_id,
    order_day,
    digest,
    dirt_digest

from with_draws

-- one order in five hundred reaches the warehouse ten days late
where
    {{ segmentation.hash_unit('dirt_digest', 3) }} >= 0.002
    or order_day + 10 < {{ end_day }}
