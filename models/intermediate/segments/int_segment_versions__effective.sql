-- One row per snapshot: the version of the segment model that was in force on that day,
-- which is the newest one fitted on that day or before.
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

versions as (

    select
        model_version,
        version_number,
        as_of_date,
        recipe,
        max(case when item = 'method' then text_value end) as method,
        max(case when item = 'status' then text_value end) as status

    from registry

    where section = 'version'

    group by
        model_version,
        version_number,
        as_of_date,
        recipe

),

ranked as (

    select
        schedule.as_of_date,
        versions.model_version,
        versions.recipe,
        versions.method,
        versions.status,
        row_number() over (
            partition by schedule.as_of_date
            order by versions.version_number desc
        ) as newness

    from schedule

    inner join versions
        on schedule.as_of_date >= versions.as_of_date

)

select
    as_of_date,
    model_version,
    recipe,
    method,
    status

from ranked

where newness = 1
