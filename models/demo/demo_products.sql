-- One row per product of the demo shop: 240 prices from 2 to about 2,500, evenly spaced
-- on a log scale, so that any basket can be filled at its price.
{{ config(enabled=segmentation.connector() == 'demo') }}
with

numbers as (

    select * from {{ ref('demo_numbers') }}

),

categories as (

    select * from {{ ref('demo_categories') }}

)

select
    'P' || lpad(cast(numbers.number as {{ dbt.type_string() }}), 4, '0') as product_id,
    categories.category || ' no. ' || cast(numbers.number as {{ dbt.type_string() }})
        as product_name,
    categories.category,
    categories.brand,
    cast(round(2 * exp(0.03e0 * numbers.number), 2) as {{ segmentation.type_money() }})
        as list_price,
    cast(
        round(2 * exp(0.03e0 * numbers.number) * 0.55e0, 2)
        as {{ segmentation.type_money() }}
    ) as unit_cost

from numbers

inner join categories
    on numbers.number % 8 = categories.category_number

where numbers.number < 240
