-- One row per experiment and arm: the share of customers who ordered, against control.
select
    results.experiment_id,
    results.arm,
    results.n_treatment,
    results.n_control,
    results.control_mean,
    results.treatment_mean,
    results.effect,
    results.ci_low,
    results.ci_high,
    results.p_adjusted,
    results.effect_verdict,
    results.measured_on,
    experiments.hypothesis,
    experiments.experiment_status,
    experiments.outcome_days
from {schema}.fct_experiment_results as results
inner join {schema}.dim_experiments as experiments
    on results.experiment_id = experiments.experiment_id
where
    results.metric = 'has_ordered'
    and results.stratum_type = 'all'
    and results.estimator = 'difference'
order by results.effect desc nulls last, results.experiment_id, results.arm
