-- One row per action and day on which an experiment of the action was read: extra
-- orders per customer contacted, by all its experiments read until then.
with

experiments as (

    select * from {{ ref('int_experiments__dated') }}
    where action_id is not null

),

effects as (

    -- one estimator, chosen before looking
    select * from {{ ref('int_experiment_effects__estimated') }}
    where
        metric = 'n_orders'
        and stratum_type = 'all'
        and estimator = 'cuped'
        and shrunk_standard_error > 0

),

treatments as (

    -- where there are several treatments, all of them together
    select
        experiment_id,
        count(distinct arm) as n_arms

    from effects

    group by experiment_id

),

measured as (

    select
        experiments.action_id,
        experiments.experiment_id,
        experiments.outcome_days,
        effects.stratum_type,
        effects.stratum_id,
        effects.shrunk_effect as effect,
        1 / power(effects.shrunk_standard_error, 2) as precision_weight,
        effects.n_treatment + effects.n_control as n_customers,
        effects.measured_on

    from effects

    inner join treatments
        on effects.experiment_id = treatments.experiment_id

    inner join experiments
        on effects.experiment_id = experiments.experiment_id

    where treatments.n_arms = 1 or effects.arm = 'all_treatments'

),

readouts as (

    -- effects over windows of unlike lengths are not pooled: the newest one's counts
    select
        action_id,
        measured_on,
        max(outcome_days) as outcome_days

    from measured

    group by action_id, measured_on

),

pooled as (

    select
        readouts.action_id,
        readouts.measured_on,
        readouts.outcome_days,
        measured.stratum_type,
        measured.stratum_id,
        -- sums of doubles agree in twelve digits, whatever their order
        round(
            sum(measured.precision_weight * measured.effect)
            / nullif(sum(measured.precision_weight), 0),
            12
        ) as effect,
        round(sqrt(1 / nullif(sum(measured.precision_weight), 0)), 12)
            as standard_error,
        cast(sum(measured.n_customers) as {{ dbt.type_bigint() }}) as n_customers,
        count(distinct measured.experiment_id) as n_experiments

    from readouts

    inner join measured
        on
            readouts.action_id = measured.action_id
            and readouts.measured_on >= measured.measured_on
            and readouts.outcome_days = measured.outcome_days

    group by
        readouts.action_id,
        readouts.measured_on,
        readouts.outcome_days,
        measured.stratum_type,
        measured.stratum_id

)

select
    -- ids
    action_id || '|' || stratum_type || '|' || stratum_id || '|'
    || cast(measured_on as {{ dbt.type_string() }}) as action_effect_id,
    action_id,
    stratum_id,

    -- strings
    stratum_type,

    -- numerics
    effect,
    standard_error,
    round(effect - 1.96e0 * standard_error, 12) as ci_low,
    round(effect + 1.96e0 * standard_error, 12) as ci_high,
    n_customers,
    n_experiments,
    outcome_days,

    -- timestamps
    measured_on

from pooled
