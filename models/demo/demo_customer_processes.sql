-- One row per customer of the demo shop: the planted process that all of their
-- rows are drawn from. Only the generator and tests may read it.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set n_customers = var('segmentation_demo_customers') | int %}
with

numbers as (

    select * from {{ ref('demo_numbers') }}

),

personas as (

    select * from {{ ref('demo_personas') }}

),

persona_ranges as (

    -- each persona owns a stretch of [0, 1) as wide as its weight
    select
        *,
        sum(weight) over (order by persona asc) / sum(weight) over () as upper_bound,
        (sum(weight) over (order by persona asc) - weight)
        / sum(weight) over () as lower_bound

    from personas

),

customers as (

    select
        number as customer_number,
        'C' || lpad(cast(number as {{ dbt.type_string() }}), 7, '0') as customer_id,
        {{ segmentation.demo_digest(
            "'customer|' || cast(number as " ~ dbt.type_string() ~ ")"
        ) }}
            as digest,
        {{ segmentation.demo_digest(
            "'rate|' || cast(number as " ~ dbt.type_string() ~ ")"
        ) }}
            as rate_digest

    from numbers

    where number < {{ n_customers }}

),

drawn as (

    select
        customer_number,
        customer_id,
        {{ segmentation.hash_unit('digest', 0) }} as persona_draw,
        {{ segmentation.hash_unit('digest', 1) }} as signup_draw,
        -- never 0, so that its logarithm exists
        1 - {{ segmentation.hash_unit('digest', 2) }} as lifetime_draw,
        1 - {{ segmentation.hash_unit('digest', 3) }} as basket_draw,
        -- gamma with shape 3 and mean 1: a third of the sum of three exponentials
        -ln(
            (1 - {{ segmentation.hash_unit('rate_digest', 0) }})
            * (1 - {{ segmentation.hash_unit('rate_digest', 1) }})
            * (1 - {{ segmentation.hash_unit('rate_digest', 2) }})
        ) / 3 as rate_factor

    from customers

)

select
    drawn.customer_number,
    drawn.customer_id,
    persona_ranges.persona,
    -- days after 2022-01-01 on which the customer signs up, over three years
    drawn.signup_draw * 1096 as signup_day,
    -ln(drawn.lifetime_draw) * persona_ranges.mean_lifetime_days as lifetime_days,
    persona_ranges.orders_per_year
    * (0.5 + 0.5e0 * drawn.rate_factor) / 365.25e0 as orders_per_day,
    persona_ranges.mean_basket_amount
    * (0.7 + 0.3e0 * -ln(drawn.basket_draw)) as mean_basket_amount,
    persona_ranges.mean_lines,
    persona_ranges.discount_probability,
    persona_ranges.discount_depth,
    persona_ranges.return_probability,
    persona_ranges.visits_per_month,
    persona_ranges.open_probability,
    persona_ranges.click_probability,
    persona_ranges.email_consent_probability

from drawn

inner join persona_ranges
    on
        drawn.persona_draw >= persona_ranges.lower_bound
        and drawn.persona_draw < persona_ranges.upper_bound
