-- One row per customer of the last snapshot.
{% set reporting_currency = segmentation.text_literal(
    var('segmentation_currency')
) %}
with

features as (

    select * from {{ ref('fct_customer_features') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from features

)

select
    -- ids
    features.customer_id,

    -- strings
    customers.gender,
    customers.country,
    customers.state,
    features.location_tier,
    features.age_group,
    features.top_category,
    cast({{ reporting_currency }} as {{ dbt.type_string() }})
        as reporting_currency,

    -- timestamps
    features.as_of_date

from features

inner join last_snapshot
    on features.as_of_date = last_snapshot.as_of_date

inner join customers
    on features.customer_id = customers.customer_id
