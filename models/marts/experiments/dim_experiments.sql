-- One row per experiment.
with

dated as (

    select * from {{ ref('int_experiments__dated') }}

),

sized as (

    select * from {{ ref('int_experiments__sized') }}

)

select
    -- ids
    dated.experiment_id,
    dated.action_id,
    dated.campaign_id,
    dated.segment_id,

    -- strings
    case
        -- SRM_SIGNIFICANCE of the library, which reads no such experiment
        when sized.srm_p_value < 0.0005 then 'srm_failed'
        when dated.enrolment_status = 'closed' then 'read'
        else dated.enrolment_status
    end as experiment_status,
    dated.hypothesis,

    -- numerics
    dated.n_members as n_customers,
    dated.treatment_share,
    dated.outcome_days,
    dated.base_order_rate,
    dated.minimum_effect,
    sized.minimum_detectable_effect,
    sized.n_customers_required,
    sized.srm_p_value,

    -- timestamps
    dated.starts_on,
    dated.ends_on,
    dated.measured_on

from dated

inner join sized
    on dated.experiment_id = sized.experiment_id
