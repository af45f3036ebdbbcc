-- One row per score and published snapshot from the first promotion on: the version of
-- the score that was active on that day.
with

schedule as (

    select * from {{ ref('int_slices__scheduled') }}

),

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

promotions as (

    select
        score_name,
        model_version,
        as_of_date as effective_from,
        numeric_value as promotion_number

    from registry

    where section = 'promotion'

),

kinds as (

    select
        model_version,
        max(case when item = 'kind' then text_value end) as kind,
        cast(
            max(case when item = 'horizon_days' then numeric_value end)
            as {{ dbt.type_int() }}
        ) as horizon_days

    from registry

    where section = 'version'

    group by model_version

),

ranked as (

    select
        schedule.score_name,
        schedule.as_of_date,
        promotions.model_version,
        row_number() over (
            partition by schedule.score_name, schedule.as_of_date
            order by promotions.promotion_number desc
        ) as newness

    from schedule

    inner join promotions
        on
            schedule.score_name = promotions.score_name
            and schedule.as_of_date >= promotions.effective_from

    where schedule.is_published

)

select
    ranked.score_name,
    kinds.horizon_days,
    ranked.as_of_date,
    ranked.model_version,
    kinds.kind,
    kinds.kind in (
        {% for kind in segmentation.formula_kinds() %}
            '{{ kind }}'{% if not loop.last %},{% endif %}
        {% endfor %}
    ) as is_formula

from ranked

inner join kinds
    on ranked.model_version = kinds.model_version

where ranked.newness = 1
