-- One row per action of the playbook.
with

actions as (

    select * from {{ segmentation.ref_seed('actions') }}

),

channels as (

    select * from {{ segmentation.ref_seed('channels') }}

),

effects as (

    select * from {{ ref('int_action_effects__estimated') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

known_effects as (

    select
        effects.*,
        row_number() over (
            partition by effects.action_id
            order by effects.measured_on desc
        ) as newness

    from effects

    inner join last_snapshot
        on effects.measured_on <= last_snapshot.as_of_date

    where effects.stratum_type = 'all'

)

select
    -- ids
    actions.action_id,

    -- strings
    actions.action_name,
    actions.channel,
    channels.consent,
    actions.offer_type,
    actions.timing,
    actions.action_frequency,
    actions.owner,
    actions.action_description,
    case when known_effects.effect is not null then 'measured' else 'assumed' end
        as evidence,

    -- numerics
    actions.priority,
    actions.offer_rate,
    cast(actions.offer_amount as {{ segmentation.type_money() }}) as offer_amount,
    cast(channels.contact_cost_amount as {{ segmentation.type_money() }})
        as contact_cost_amount,
    actions.valid_days,
    actions.repeat_after_days,
    actions.outcome_days,
    known_effects.effect as measured_uplift,
    known_effects.ci_low as measured_uplift_low,
    known_effects.ci_high as measured_uplift_high,
    known_effects.measured_on

from actions

inner join channels
    on actions.channel = channels.channel

left join known_effects
    on
        actions.action_id = known_effects.action_id
        and known_effects.newness = 1
