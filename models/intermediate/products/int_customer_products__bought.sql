-- One row per customer and product bought by the last snapshot.
{% set exclusion_days = var('segmentation_suggestion_exclusion_days') %}
with

baskets as (

    select * from {{ ref('int_baskets__itemised') }}

),

bought as (

    select
        as_of_date,
        customer_id,
        item_id as product_id,
        max(ordered_on) as last_bought_on

    from baskets

    where item_level = 'product'

    group by
        as_of_date,
        customer_id,
        item_id

)

select
    as_of_date,
    customer_id,
    product_id,
    last_bought_on,
    last_bought_on > {{ segmentation.dateadd_days(-1 * exclusion_days, 'as_of_date') }}
        as is_just_bought

from bought
