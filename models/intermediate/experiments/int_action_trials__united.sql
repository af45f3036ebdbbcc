-- One row per action that was tried and customer of an experiment of it that was read:
-- what the customer was given, by what odds, what was known before and what came of it.
{% set double = segmentation.type_double() %}
-- orders of the mean value that count as much as the customer's own
{% set prior_orders = 2 %}
with

members as (

    select * from {{ ref('int_experiment_members__united') }}

),

experiments as (

    select * from {{ ref('int_experiments__dated') }}
    where action_id is not null

),

effects as (

    -- experiments whose arms are as planned, and large enough to be read
    select distinct experiment_id
    from {{ ref('int_experiment_effects__estimated') }}
    where
        metric = 'n_orders'
        and stratum_type = 'all'
        and effect is not null

),

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

actions as (

    select * from {{ segmentation.ref_seed('actions') }}

),

channels as (

    select * from {{ segmentation.ref_seed('channels') }}

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

shares as (

    select
        experiment_id,
        avg(cast(case when arm = 'control' then 0 else 1 end as {{ double }}))
            as treated_share

    from members

    group by experiment_id

),

tried as (

    select
        members.experiment_member_id,
        members.experiment_id,
        experiments.action_id,
        members.customer_id,
        members.segment_id,
        members.arm,
        members.n_orders_within,
        members.assigned_on,
        experiments.outcome_days,
        experiments.measured_on,
        coalesce(experiments.treatment_share, shares.treated_share) as treated_share

    from members

    inner join experiments
        on members.experiment_id = experiments.experiment_id

    inner join effects
        on members.experiment_id = effects.experiment_id

    inner join shares
        on members.experiment_id = shares.experiment_id

),

readouts as (

    select distinct measured_on
    from tried

),

margins as (

    -- what of a sale was margin, by the costs known then; no costs, no margin
    select
        readouts.measured_on,
        1 - cast(sum(lines.cost_amount) as {{ double }}) / cast(
            nullif(sum(lines.gross_amount - lines.discount_amount), 0) as {{ double }}
        ) as margin_rate

    from readouts

    inner join lines
        on
            readouts.measured_on >= lines.ordered_on
            and readouts.measured_on < lines.voided_on

    where
        lines.is_sale
        and lines.cost_amount > 0

    group by readouts.measured_on

),

before as (

    select
        tried.experiment_member_id,
        max(case when days.n_orders > 0 then days.activity_on end) as last_ordered_on,
        sum(days.n_orders) as n_orders,
        sum(
            case
                when {{ segmentation.days_between(
                    'days.activity_on', 'tried.assigned_on'
                ) }} <= 90
                    then days.n_orders
                else 0
            end
        ) as n_orders_90d,
        cast(sum(days.gross_amount - days.discount_amount) as {{ double }})
            as paid_amount,
        cast(sum(days.discount_amount + days.markdown_amount) as {{ double }})
            as saved_amount,
        cast(sum(days.gross_amount + days.markdown_amount) as {{ double }})
            as listed_amount

    from tried

    inner join days
        on
            tried.customer_id = days.customer_id
            and tried.assigned_on > days.activity_on
            and tried.assigned_on <= days.voided_on

    group by tried.experiment_member_id

    having sum(days.n_orders) > 0

),

means as (

    select
        tried.experiment_id,
        sum(before.paid_amount) / sum(before.n_orders) as mean_order_amount

    from tried

    inner join before
        on tried.experiment_member_id = before.experiment_member_id

    group by tried.experiment_id

)

select
    -- ids
    tried.experiment_member_id as action_trial_id,
    tried.experiment_id,
    tried.action_id,
    tried.customer_id,
    tried.segment_id,

    -- numerics
    tried.outcome_days,
    case when tried.arm = 'control' then 0.0 else 1.0 end as treated_indicator,
    case when tried.arm = 'control' then 1.0 else 0.0 end as control_indicator,
    tried.treated_share as treated_odds,
    1 - tried.treated_share as control_odds,
    tried.n_orders_within,
    {{ segmentation.days_between('before.last_ordered_on', 'tried.assigned_on') }}
        as recency_days,
    cast(coalesce(before.n_orders, 0) as {{ dbt.type_bigint() }}) as n_orders,
    before.paid_amount / before.n_orders as average_order_amount,
    case
        when recorded.has_discounts
            then before.saved_amount / nullif(before.listed_amount, 0)
    end as discount_share,
    cast(coalesce(before.n_orders_90d, 0) as {{ dbt.type_bigint() }}) as n_orders_90d,
    (
        coalesce(before.paid_amount, 0) + {{ prior_orders }} * means.mean_order_amount
    ) / (coalesce(before.n_orders, 0) + {{ prior_orders }}) as expected_order_amount,
    coalesce(
        margins.margin_rate,
        cast({{ var('segmentation_margin_rate') }} as {{ double }})
    ) as margin_rate,
    cast(actions.offer_rate as {{ double }}) as offer_rate,
    cast(actions.offer_amount as {{ double }}) as offer_amount,
    cast(channels.contact_cost_amount as {{ double }}) as contact_cost_amount,

    -- timestamps
    tried.assigned_on,
    tried.measured_on

from tried

cross join recorded

inner join actions
    on tried.action_id = actions.action_id

inner join channels
    on actions.channel = channels.channel

inner join means
    on tried.experiment_id = means.experiment_id

left join margins
    on tried.measured_on = margins.measured_on

left join before
    on tried.experiment_member_id = before.experiment_member_id
