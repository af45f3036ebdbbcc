-- One row per age that a segment is predicted for: the version that predicts at the
-- last snapshot, or why none does.
with

schedule as (

    select * from {{ ref('int_early_segment_horizons__scheduled') }}

),

registry as (

    select * from {{ ref('int_early_segment_models__registered') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from schedule

),

versions as (

    select
        score_name,
        model_version,
        version_number,
        max(case when item = 'status' then text_value end) as status,
        max(case when item = 'scheme' then text_value end) as scheme,
        max(case when item = 'kind' then text_value end) as kind,
        max(case when item = 'verdict' then text_value end) as verdict,
        max(case when item = 'failure' then text_value end) as failure

    from registry

    where section = 'version'

    group by
        score_name,
        model_version,
        version_number

),

promotions as (

    select
        model_version,
        max(numeric_value) as promotion_number

    from registry

    where section = 'promotion'

    group by model_version

),

ranked as (

    -- a version predicts segments of its own scheme only; the one promoted last is in
    -- force, by the gate or by hand
    select
        schedule.score_name,
        schedule.horizon_days,
        schedule.as_of_date,
        versions.model_version,
        promotions.promotion_number,
        versions.kind,
        versions.verdict,
        versions.failure,
        row_number() over (
            partition by schedule.score_name
            order by
                coalesce(promotions.promotion_number, 0) desc,
                versions.version_number desc
        ) as place

    from schedule

    inner join last_snapshot
        on schedule.as_of_date = last_snapshot.as_of_date

    inner join versions
        on
            schedule.score_name = versions.score_name
            and schedule.active_scheme = versions.scheme

    left join promotions
        on versions.model_version = promotions.model_version

    where
        versions.status != 'rejected'
        or promotions.promotion_number is not null

)

select
    score_name,
    horizon_days,
    as_of_date,
    model_version,
    kind,
    case
        when promotion_number is null then 'not_scored'
        when kind = 'majority' then 'baseline'
        else 'scored'
    end as score_status,
    coalesce(verdict, failure) as status_reason

from ranked

where place = 1
