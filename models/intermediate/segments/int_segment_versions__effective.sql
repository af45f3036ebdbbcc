-- One row per snapshot: the version of the segment model that was active on that day,
-- which is the last one promoted on that day or before.
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

promotions as (

    select
        model_version,
        as_of_date as effective_from,
        numeric_value as promotion_number

    from registry

    where section = 'promotion'

),

versions as (

    select
        model_version,
        recipe,
        max(case when item = 'method' then text_value end) as method,
        max(case when item = 'status' then text_value end) as status,
        max(case when item = 'whale_net_amount' then numeric_value end)
            as whale_net_amount,
        max(case when item = 'whale_segment' then text_value end) as whale_segment_id

    from registry

    where section in ('version', 'rule')

    group by
        model_version,
        recipe

),

ranked as (

    select
        schedule.as_of_date,
        promotions.model_version,
        row_number() over (
            partition by schedule.as_of_date
            order by promotions.promotion_number desc
        ) as newness

    from schedule

    inner join promotions
        on schedule.as_of_date >= promotions.effective_from

)

select
    ranked.as_of_date,
    ranked.model_version,
    versions.recipe,
    versions.method,
    versions.status,
    versions.whale_net_amount,
    versions.whale_segment_id

from ranked

inner join versions
    on ranked.model_version = versions.model_version

where ranked.newness = 1
