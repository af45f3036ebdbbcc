-- One row per sampled customer, as of the last snapshot.
with

projected as (

    select * from {{ ref('int_customers__projected') }}

)

select
    customer_id,
    segment_id,
    model_version,
    component_1,
    component_2,
    as_of_date

from projected
