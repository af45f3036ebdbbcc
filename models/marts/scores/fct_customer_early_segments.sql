-- One row per age and new customer who has not reached it by the last snapshot.
with

described as (

    select * from {{ ref('int_customer_first_orders__described') }}

),

versions as (

    select * from {{ ref('int_early_segment_versions__effective') }}

),

predicted as (

    select * from {{ ref('int_customer_early_segments__predicted') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

new_customers as (

    select
        described.customer_id,
        described.first_ordered_on,
        versions.score_name,
        versions.horizon_days,
        versions.as_of_date,
        versions.model_version,
        versions.score_status,
        versions.status_reason

    from described

    inner join versions
        on
            {{ segmentation.days_between(
                'described.first_ordered_on', 'versions.as_of_date'
            ) }} <= versions.horizon_days

)

select
    -- ids
    new_customers.customer_id || '|'
    || cast(new_customers.horizon_days as {{ dbt.type_string() }})
        as customer_early_segment_id,
    new_customers.customer_id,
    predicted.predicted_segment_id,
    new_customers.model_version,

    -- strings
    segments.segment_name as predicted_segment_name,
    new_customers.score_status,
    new_customers.status_reason,

    -- numerics
    new_customers.horizon_days,
    predicted.probability,

    -- timestamps
    new_customers.first_ordered_on,
    new_customers.as_of_date

from new_customers

left join predicted
    on
        new_customers.score_name = predicted.score_name
        and new_customers.customer_id = predicted.customer_id

left join segments
    on predicted.predicted_segment_id = segments.segment_id
