-- One row per version of the segment model.
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

schedule as (

    select * from {{ ref('int_segment_versions__effective') }}

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
    registry.model_version,
    registry.version_number,
    registry.as_of_date as fitted_as_of_date,
    registry.recipe,
    max(case when registry.item = 'method' then registry.text_value end) as method,
    max(case when registry.item = 'status' then registry.text_value end) as status,
    max(case when registry.item = 'reason' then registry.text_value end) as reason,
    cast(
        max(case when registry.item = 'n_customers' then registry.numeric_value end)
        as {{ dbt.type_bigint() }}
    ) as n_customers,
    max(case when registry.item = 'silhouette' then registry.numeric_value end)
        as silhouette,
    max(case when registry.item = 'inertia' then registry.numeric_value end) as inertia,
    max(case when latest.model_version is not null then 1 else 0 end) = 1 as is_in_force

from registry

left join latest
    on registry.model_version = latest.model_version

group by
    registry.model_version,
    registry.version_number,
    registry.as_of_date,
    registry.recipe
