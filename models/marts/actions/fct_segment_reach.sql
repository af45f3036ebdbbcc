-- One row per segment with customers, as of the last snapshot: how many of them its
-- strategy reaches this week, what becomes of the others, and what may be said of it.
{% set bigint = dbt.type_bigint() %}
{% set double = segmentation.type_double() %}
with

segments as (

    select * from {{ ref('dim_customer_segments') }}

),

actions as (

    select * from {{ ref('int_customer_actions__chosen') }}

),

consented as (

    select * from {{ ref('int_customer_snapshots__consented') }}

),

spoken_of as (

    select * from {{ segmentation.ref_seed('strategy_actions') }}

),

judged as (

    select * from {{ ref('int_customer_actions__judged') }}

),

offered as (

    -- whose turn it is to get anything that the strategy speaks of, and who may
    select
        judged.as_of_date,
        judged.customer_id,
        max(case when judged.blocked_by is null then 1 else 0 end) as is_allowed

    from judged

    inner join spoken_of
        on
            judged.segment_id = spoken_of.segment_id
            and judged.action_id = spoken_of.action_id

    group by
        judged.as_of_date,
        judged.customer_id

),

recommended as (

    select
        segments.customer_id,
        segments.as_of_date,
        segments.segment_id,
        segments.segment_name,
        segments.strategy,
        actions.action_name,
        case
            when
                actions.holdout_group != 'holdout'
                and (
                    consented.has_email_consent
                    or consented.has_sms_consent
                    or consented.has_push_consent
                )
                then 1
            else 0
        end as is_permitted,
        case when spoken_of.action_id is not null then 1 else 0 end as is_strategy,
        case when actions.offer_type = 'suppress' then 1 else 0 end as is_rested,
        case
            when coalesce(actions.action_status, 'none') = 'none' then 1
            else 0
        end as has_nothing

    from segments

    left join actions
        on
            segments.as_of_date = actions.as_of_date
            and segments.customer_id = actions.customer_id

    left join consented
        on
            segments.as_of_date = consented.as_of_date
            and segments.customer_id = consented.customer_id

    left join spoken_of
        on
            segments.segment_id = spoken_of.segment_id
            and actions.action_id = spoken_of.action_id

),

counted as (

    select
        recommended.as_of_date,
        recommended.segment_id,
        recommended.segment_name,
        recommended.strategy,
        count(*) as n_customers,
        sum(recommended.is_permitted) as n_permitted,
        count(offered.customer_id) as n_strategy_proposed,
        coalesce(sum(offered.is_allowed), 0) as n_strategy_allowed,
        sum(recommended.is_strategy) as n_strategy_recommended,
        sum(
            (1 - recommended.is_strategy)
            * (1 - recommended.is_rested)
            * (1 - recommended.has_nothing)
        ) as n_other_recommended,
        sum((1 - recommended.is_strategy) * recommended.is_rested) as n_rested,
        sum(recommended.has_nothing) as n_left_alone

    from recommended

    left join offered
        on
            recommended.as_of_date = offered.as_of_date
            and recommended.customer_id = offered.customer_id

    group by
        recommended.as_of_date,
        recommended.segment_id,
        recommended.segment_name,
        recommended.strategy

),

given as (

    select
        segment_id,
        action_name,
        count(*) as n_customers,
        row_number() over (
            partition by segment_id
            order by count(*) desc, action_name asc
        ) as action_rank

    from recommended

    where has_nothing = 0

    group by
        segment_id,
        action_name

),

commonest as (

    select
        segment_id,
        max(case when action_rank = 1 then action_name end)
        || coalesce(max(case when action_rank = 2 then ', ' || action_name end), '')
            as actions

    from given

    group by segment_id

),

found as (

    select
        counted.*,
        commonest.actions,
        case
            when counted.n_strategy_recommended > 0 then 'reaches'
            when counted.n_strategy_allowed > 0 then 'does_not_pay'
            when counted.n_strategy_proposed > 0 then 'not_allowed'
            else 'not_its_turn'
        end as strategy_finding

    from counted

    left join commonest
        on counted.segment_id = commonest.segment_id

)

select
    -- ids
    segment_id,

    -- strings
    segment_name,
    strategy,
    -- what reaches nobody is not published as what is done
    case strategy_finding
        when 'reaches' then strategy
        else
            'For now: ' || coalesce(actions, 'nothing') || '. '
            || case strategy_finding
                when 'does_not_pay' then 'Planned, but does not pay: '
                when 'not_allowed' then 'Planned, but nobody may get it: '
                else 'Planned, but not this week: '
            end
            || strategy
    end as current_strategy,
    strategy_finding,

    -- numerics
    n_customers,
    cast(n_permitted as {{ bigint }}) as n_permitted,
    cast(n_strategy_proposed as {{ bigint }}) as n_strategy_proposed,
    cast(n_strategy_allowed as {{ bigint }}) as n_strategy_allowed,
    cast(n_strategy_recommended as {{ bigint }}) as n_strategy_recommended,
    cast(n_other_recommended as {{ bigint }}) as n_other_recommended,
    cast(n_rested as {{ bigint }}) as n_rested,
    cast(n_left_alone as {{ bigint }}) as n_left_alone,
    cast(n_strategy_recommended as {{ double }}) / nullif(n_customers, 0)
        as strategy_reach_share,
    cast(n_strategy_recommended as {{ double }}) / nullif(n_permitted, 0)
        as strategy_reach_of_permitted_share,

    -- timestamps
    as_of_date

from found
