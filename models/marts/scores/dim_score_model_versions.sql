-- One row per version of a score.
{% set texts = ['kind', 'status', 'reason', 'failure', 'verdict'] %}
{% set counts = ['n_train_slices', 'n_train', 'n_test', 'horizon_days'] %}
with

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

effective as (

    select * from {{ ref('int_score_versions__effective') }}

),

fitted as (

    select
        model_version,
        score_name,
        version_number,
        min(as_of_date) as fitted_as_of_date,
        {% for text in texts %}
            max(
                case
                    when section = 'version' and item = '{{ text }}' then text_value
                end
            ) as {{ text }},
        {% endfor %}
        {% for count in counts %}
            cast(
                max(
                    case
                        when section = 'version' and item = '{{ count }}'
                            then numeric_value
                    end
                ) as {{ dbt.type_bigint() }}
            ) as {{ count }},
        {% endfor %}
        cast(max(case when item = 'test_date' then text_value end) as date)
            as test_date

    from registry

    where section = 'version'

    group by
        model_version,
        score_name,
        version_number

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from effective

),

active as (

    select effective.model_version

    from effective

    inner join last_snapshot
        on effective.as_of_date = last_snapshot.as_of_date

),

once_active as (

    select distinct model_version
    from registry

    where section = 'promotion'

)

select
    -- ids
    fitted.model_version,
    fitted.version_number,

    -- strings
    fitted.score_name,
    fitted.kind,
    fitted.status,
    case
        when active.model_version is not null then 'champion'
        when once_active.model_version is not null then 'archived'
        when fitted.status = 'not_scored' then 'withheld'
        else 'rejected'
    end as stage,
    fitted.reason,
    fitted.failure,
    fitted.verdict as score_verdict,

    -- numerics
    fitted.horizon_days,
    fitted.n_train_slices,
    fitted.n_train,
    fitted.n_test,

    -- booleans
    active.model_version is not null as is_active,

    -- timestamps
    fitted.test_date,
    fitted.fitted_as_of_date

from fitted

left join active
    on fitted.model_version = active.model_version

left join once_active
    on fitted.model_version = once_active.model_version
