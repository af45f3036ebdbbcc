-- One row per customer, snapshot and action worth considering: the best
-- segmentation_ranked_actions of those allowed, and doing nothing.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set string = dbt.type_string() %}
{% set double = segmentation.type_double() %}
{% set zero = 'cast(0 as ' ~ double ~ ')' %}
with

priced as (

    select * from {{ ref('int_customer_actions__priced') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

actions as (

    select * from {{ segmentation.ref_seed('actions') }}

),

policies as (

    select distinct
        as_of_date,
        single_action_id

    from {{ ref('int_action_policies__effective') }}

    where not is_personal

),

options as (

    select
        as_of_date,
        customer_id,
        segment_id,
        action_id,
        play_id,
        trigger_id,
        channel,
        offer_type,
        priority,
        action_starts_on,
        action_expires_on,
        evidence,
        measured_on_stratum,
        outcome_days,
        expected_uplift,
        expected_uplift_low,
        expected_uplift_high,
        p_order_anyway,
        contact_cost_amount,
        offer_cost_amount,
        expected_margin_amount,
        expected_margin_low_amount,
        expected_margin_high_amount

    from priced

    union all

    select
        confirmed.as_of_date,
        confirmed.customer_id,
        confirmed.segment_id,
        actions.action_id,
        cast(null as {{ string }}) as play_id,
        cast(null as {{ string }}) as trigger_id,
        actions.channel,
        actions.offer_type,
        actions.priority,
        cast(null as date) as action_starts_on,
        cast(null as date) as action_expires_on,
        'none' as evidence,
        cast(null as {{ string }}) as measured_on_stratum,
        actions.outcome_days,
        {{ zero }} as expected_uplift,
        {{ zero }} as expected_uplift_low,
        {{ zero }} as expected_uplift_high,
        cast(null as {{ double }}) as p_order_anyway,
        {{ zero }} as contact_cost_amount,
        {{ zero }} as offer_cost_amount,
        {{ zero }} as expected_margin_amount,
        {{ zero }} as expected_margin_low_amount,
        {{ zero }} as expected_margin_high_amount

    from confirmed

    cross join actions

    where actions.action_id = 'do_nothing'

),

preferred as (

    -- where a choice by customer is not proven to pay, the action that is the best for
    -- all goes before every other that was measured
    select
        options.*,
        case
            when
                options.action_id = policies.single_action_id
                and options.expected_margin_amount > 0
                then
                    max(
                        case
                            when options.evidence = 'measured'
                                then options.expected_margin_amount
                        end
                    ) over (
                        partition by options.as_of_date, options.customer_id
                    )
            else options.expected_margin_amount
        end as ranking_amount,
        case when options.action_id = policies.single_action_id then 0 else 1 end
            as single_rank

    from options

    left join policies
        on options.as_of_date = policies.as_of_date

),

classed as (

    -- rules come first and have no price: a colleague's task before everything, and
    -- rest when nothing pays
    select
        *,
        case
            when channel = 'task' then 0
            when expected_margin_amount > 0 then 1
            when offer_type = 'suppress' then 2
            when action_id = 'do_nothing' then 3
            else 4
        end as option_class

    from preferred

),

ranked as (

    select
        *,
        row_number() over (
            partition by as_of_date, customer_id
            order by
                option_class asc,
                round(coalesce(ranking_amount, 0), 4) desc,
                single_rank asc,
                priority asc,
                action_id asc
        ) as action_rank

    from classed

)

select
    as_of_date,
    customer_id,
    segment_id,
    action_id,
    play_id,
    trigger_id,
    cast(action_rank as {{ dbt.type_int() }}) as action_rank,
    action_starts_on,
    action_expires_on,
    evidence,
    measured_on_stratum,
    outcome_days,
    expected_uplift,
    expected_uplift_low,
    expected_uplift_high,
    p_order_anyway,
    contact_cost_amount,
    offer_cost_amount,
    expected_margin_amount,
    expected_margin_low_amount,
    expected_margin_high_amount

from ranked

where
    action_rank <= {{ var('segmentation_ranked_actions') }}
    or action_id = 'do_nothing'
