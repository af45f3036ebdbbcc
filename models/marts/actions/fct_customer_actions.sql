-- One row per customer and action worth considering at the last snapshot, best first.
{% set money = segmentation.type_money() %}
with

ranked as (

    select * from {{ ref('int_customer_actions__ranked') }}

),

actions as (

    select * from {{ ref('dim_actions') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

triggers as (

    select * from {{ segmentation.ref_seed('triggers') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

)

select
    -- ids
    ranked.customer_id || '|' || ranked.action_id as customer_action_id,
    ranked.customer_id,
    ranked.action_id,
    ranked.segment_id,
    ranked.trigger_id,

    -- strings
    actions.action_name,
    actions.channel,
    actions.offer_type,
    actions.timing,
    actions.action_frequency,
    actions.owner,
    ranked.evidence,
    ranked.measured_on_stratum,
    case
        when ranked.action_id = 'do_nothing' then 'What every other action must beat'
        else
            {{ segmentation.action_reason(
                'triggers.trigger_description', 'segments.segment_name'
            ) }}
    end as action_reason,

    -- numerics
    ranked.action_rank,
    actions.priority,
    actions.offer_rate,
    actions.offer_amount,
    ranked.outcome_days,
    ranked.expected_uplift,
    ranked.expected_uplift_low,
    ranked.expected_uplift_high,
    ranked.p_order_anyway,
    cast(round(ranked.contact_cost_amount, 4) as {{ money }}) as contact_cost_amount,
    cast(round(ranked.offer_cost_amount, 4) as {{ money }}) as offer_cost_amount,
    cast(round(ranked.expected_margin_amount, 4) as {{ money }})
        as expected_margin_amount,
    cast(round(ranked.expected_margin_low_amount, 4) as {{ money }})
        as expected_margin_low_amount,
    cast(round(ranked.expected_margin_high_amount, 4) as {{ money }})
        as expected_margin_high_amount,

    -- booleans
    ranked.action_rank = 1 and ranked.action_id != 'do_nothing' as is_recommended,

    -- timestamps
    ranked.as_of_date,
    ranked.action_starts_on,
    ranked.action_expires_on

from ranked

inner join last_snapshot
    on ranked.as_of_date = last_snapshot.as_of_date

inner join actions
    on ranked.action_id = actions.action_id

inner join segments
    on ranked.segment_id = segments.segment_id

left join triggers
    on ranked.trigger_id = triggers.trigger_id
