-- One row per experiment, arm and share of customers contacted.
with

curves as (

    select * from {{ ref('int_experiment_curves__estimated') }}

)

select
    -- ids
    experiment_uplift_point_id,
    experiment_id,

    -- strings
    arm,

    -- numerics
    contacted_share,
    extra_orders,
    ci_low,
    ci_high,
    contacted_share * max(case when contacted_share = 1 then extra_orders end) over (
        partition by experiment_id, arm
    ) as extra_orders_at_random,
    qini_coefficient,
    qini_ci_low,
    qini_ci_high,

    -- timestamps
    measured_on

from curves
