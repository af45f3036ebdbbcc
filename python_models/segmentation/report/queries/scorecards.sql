-- One row per active score and candidate, by the measure that decided.
with

deciding as (

    select distinct
        model_version,
        measure
    from {schema}.fct_model_scorecards
    where gain_of_published is not null

)

select
    scorecards.score_name,
    scorecards.candidate,
    scorecards.measure,
    scorecards.n_customers,
    scorecards.measured_value,
    scorecards.low_value,
    scorecards.high_value,
    scorecards.gain_of_published,
    scorecards.low_gain,
    scorecards.high_gain,
    scorecards.is_published_candidate,
    scorecards.test_date,
    versions.score_verdict,
    versions.horizon_days
from {schema}.fct_model_scorecards as scorecards
inner join deciding
    on
        scorecards.model_version = deciding.model_version
        and scorecards.measure = deciding.measure
inner join {schema}.dim_score_model_versions as versions
    on scorecards.model_version = versions.model_version
where versions.is_active
order by scorecards.score_name, scorecards.candidate
