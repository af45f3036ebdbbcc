-- One row per score and candidate of the active version: what it was compared by,
-- beside every baseline.
with

scorecards as (

    select * from {{ ref('fct_model_scorecards') }}

),

versions as (

    select * from {{ ref('dim_score_model_versions') }}

)

select
    scorecards.score_name,
    scorecards.candidate,
    scorecards.is_published_candidate,
    scorecards.measure,
    round(scorecards.measured_value, 3) as measured_value,
    round(scorecards.low_value, 3) as low_value,
    round(scorecards.high_value, 3) as high_value,
    round(scorecards.gain_of_published, 3) as gain_of_published,
    round(scorecards.low_gain, 3) as low_gain,
    round(scorecards.high_gain, 3) as high_gain,
    versions.test_date,
    versions.score_verdict

from scorecards

inner join versions
    on scorecards.model_version = versions.model_version

where
    versions.is_active
    and scorecards.measure in ('auc', 'mae')

order by
    scorecards.score_name,
    scorecards.measured_value
