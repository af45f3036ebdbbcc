-- One row per experiment, arm, metric, stratum and estimator.
with

effects as (

    select * from {{ ref('int_experiment_effects__estimated') }}

)

select
    -- ids
    experiment_effect_id,
    experiment_id,
    stratum_id,

    -- strings
    arm,
    metric,
    stratum_type,
    estimator,
    effect_verdict,

    -- numerics
    n_treatment + n_control as n_customers,
    n_treatment,
    n_control,
    control_mean,
    treatment_mean,
    effect,
    standard_error,
    ci_low,
    ci_high,
    p_value,
    p_adjusted,
    variance_reduction,
    shrunk_effect,
    shrunk_ci_low,
    shrunk_ci_high,

    -- timestamps
    measured_on

from effects
