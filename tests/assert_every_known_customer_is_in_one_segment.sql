-- Everybody known by the last snapshot is in dim_customer_segments, and nobody else.
{% call segmentation.if_all_are_built() %}
with

customers as (

    select * from {{ ref('int_customers__known') }}

),

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from schedule

),

expected as (

    select customers.customer_id

    from customers

    inner join last_snapshot
        on customers.known_on <= last_snapshot.as_of_date

)

select
    expected.customer_id as expected_customer_id,
    assigned.customer_id as assigned_customer_id

from expected

full outer join assigned
    on expected.customer_id = assigned.customer_id

where
    expected.customer_id is null
    or assigned.customer_id is null

{% endcall %}
