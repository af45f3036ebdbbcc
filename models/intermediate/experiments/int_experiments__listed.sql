-- One row per experiment: those planned in the seed for this connector, and the
-- campaigns that came with a control arm without having been planned there.
with

planned as (

    select * from {{ segmentation.ref_seed('experiments') }}
    where connector is null or connector = '{{ segmentation.connector() }}'

),

members as (

    select * from {{ ref('int_campaign_members__checked') }}

),

controlled_campaigns as (

    select campaign_id

    from members

    where reject_reason is null

    group by campaign_id

    having
        count(distinct arm) >= 2
        and max(case when arm = 'control' then 1 else 0 end) = 1

),

unplanned as (

    select controlled_campaigns.campaign_id

    from controlled_campaigns

    left join planned
        on
            controlled_campaigns.campaign_id
            = cast(planned.campaign_id as {{ dbt.type_string() }})

    where planned.experiment_id is null

)

select
    -- ids
    cast(experiment_id as {{ dbt.type_string() }}) as experiment_id,
    cast(action_id as {{ dbt.type_string() }}) as action_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(segment_id as {{ dbt.type_string() }}) as segment_id,

    -- strings
    cast(hypothesis as {{ dbt.type_string() }}) as hypothesis,
    coalesce(
        cast(salt as {{ dbt.type_string() }}),
        cast(experiment_id as {{ dbt.type_string() }})
    ) as salt,

    -- numerics
    cast(treatment_share as {{ segmentation.type_double() }}) as treatment_share,
    cast(minimum_effect as {{ segmentation.type_double() }}) as minimum_effect,
    cast(outcome_days as {{ dbt.type_int() }}) as outcome_days,

    -- timestamps
    cast(starts_on as date) as starts_on,
    cast(ends_on as date) as ends_on

from planned

union all

select
    campaign_id as experiment_id,
    cast(null as {{ dbt.type_string() }}) as action_id,
    campaign_id,
    cast(null as {{ dbt.type_string() }}) as segment_id,
    cast(null as {{ dbt.type_string() }}) as hypothesis,
    campaign_id as salt,
    cast(null as {{ segmentation.type_double() }}) as treatment_share,
    cast(null as {{ segmentation.type_double() }}) as minimum_effect,
    {{ var('segmentation_experiment_outcome_days') | int }} as outcome_days,
    cast(null as date) as starts_on,
    cast(null as date) as ends_on

from unplanned
