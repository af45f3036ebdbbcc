-- One row per version of the segment model.
{% set texts = [
    'method', 'status', 'structure', 'reason', 'recipe_reason', 'failure'
] %}
{% set counts = ['n_customers', 'n_sampled'] %}
{% set measures = ['silhouette', 'inertia'] %}
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

schedule as (

    select * from {{ ref('int_segment_versions__effective') }}

),

fitted as (

    select
        model_version,
        version_number,
        recipe,
        min(as_of_date) as fitted_as_of_date,
        {% for text in texts %}
            max(case when item = '{{ text }}' then text_value end) as {{ text }},
        {% endfor %}
        {% for count in counts %}
            cast(
                max(case when item = '{{ count }}' then numeric_value end)
                as {{ dbt.type_bigint() }}
            ) as {{ count }},
        {% endfor %}
        {% for measure in measures %}
            max(case when item = '{{ measure }}' then numeric_value end)
                as {{ measure }},
        {% endfor %}
        cast(
            sum(case when section = 'segment' then 1 else 0 end)
            as {{ dbt.type_bigint() }}
        ) as n_segments

    from registry

    where section in ('version', 'metric', 'segment')

    group by
        model_version,
        version_number,
        recipe

),

promoted as (

    select
        model_version,
        min(as_of_date) as promoted_as_of_date,
        max(numeric_value) as last_promotion_number

    from registry

    where section = 'promotion'

    group by model_version

),

last_promotions as (

    select
        promoted.model_version,
        registry.text_value as promotion_reason

    from promoted

    inner join registry
        on
            promoted.model_version = registry.model_version
            and promoted.last_promotion_number = registry.numeric_value

    where registry.section = 'promotion'

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from schedule

),

latest as (

    select schedule.model_version

    from schedule

    inner join last_snapshot
        on schedule.as_of_date = last_snapshot.as_of_date

)

select
    -- ids
    fitted.model_version,
    fitted.version_number,

    -- strings
    fitted.recipe,
    fitted.method,
    fitted.status,
    case
        when latest.model_version is not null then 'champion'
        when promoted.model_version is not null then 'archived'
        else 'rejected'
    end as stage,
    fitted.structure,
    fitted.reason,
    fitted.recipe_reason,
    fitted.failure,
    last_promotions.promotion_reason,

    -- numerics
    fitted.n_customers,
    fitted.n_sampled,
    fitted.n_segments,
    fitted.silhouette,
    fitted.inertia,

    -- booleans
    latest.model_version is not null as is_active,

    -- timestamps
    fitted.fitted_as_of_date,
    promoted.promoted_as_of_date

from fitted

left join promoted
    on fitted.model_version = promoted.model_version

left join last_promotions
    on fitted.model_version = last_promotions.model_version

left join latest
    on fitted.model_version = latest.model_version
