-- One row per score and published snapshot: whether customers were scored on that day,
-- by which version, and if not, why.
with

schedule as (

    select * from {{ ref('int_slices__scheduled') }}

),

effective as (

    select * from {{ ref('int_score_versions__effective') }}

),

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

refusals as (

    select
        score_name,
        as_of_date,
        version_number,
        text_value as failure

    from registry

    where
        section = 'version'
        and item = 'failure'

),

verdicts as (

    select
        model_version,
        max(case when item = 'verdict' then text_value end) as verdict,
        max(case when item = 'is_ranking_only' then numeric_value end)
            as ranking_only_indicator

    from registry

    where section = 'version'

    group by model_version

),

ranked as (

    select
        schedule.score_name,
        schedule.as_of_date,
        refusals.failure,
        row_number() over (
            partition by schedule.score_name, schedule.as_of_date
            order by refusals.version_number desc
        ) as newness

    from schedule

    left join refusals
        on
            schedule.score_name = refusals.score_name
            and schedule.as_of_date >= refusals.as_of_date

    where schedule.is_published

)

select
    schedule.score_name,
    schedule.as_of_date,
    coalesce(effective.horizon_days, schedule.horizon_days) as horizon_days,
    effective.model_version,
    case
        when effective.model_version is null then 'not_scored'
        -- versions of before levels were judged do not say
        when verdicts.ranking_only_indicator = 1 then 'ranking_only'
        when effective.kind = 'constant' then 'baseline'
        else 'scored'
    end as score_status,
    case
        when effective.model_version is null
            then coalesce(ranked.failure, 'no version has been promoted')
        else verdicts.verdict
    end as status_reason

from schedule

inner join ranked
    on
        schedule.score_name = ranked.score_name
        and schedule.as_of_date = ranked.as_of_date
        and ranked.newness = 1

left join effective
    on
        schedule.score_name = effective.score_name
        and schedule.as_of_date = effective.as_of_date

left join verdicts
    on effective.model_version = verdicts.model_version

where schedule.is_published
