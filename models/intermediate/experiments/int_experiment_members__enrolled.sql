-- One row per experiment and customer in it, whoever assigned the arm: this project,
-- the tool that ran the campaign, or the global holdout.
{% set global_holdout = "'global_holdout'" %}
with

experiments as (

    select * from {{ ref('int_experiments__listed') }}

),

assigned as (

    select * from {{ ref('int_experiment_members__assigned') }}

),

campaign_members as (

    select * from {{ ref('int_campaign_members__checked') }}

),

holdouts as (

    select * from {{ ref('int_customer_holdouts__assigned') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

united as (

    select
        experiments.experiment_id,
        assigned.customer_id,
        assigned.arm,
        assigned.assigned_on,
        -- orders of the snapshot's own day came before the draw
        {{ segmentation.end_of_day('assigned.assigned_on') }} as assigned_at,
        experiments.outcome_days

    from assigned

    inner join experiments
        on assigned.experiment_id = experiments.experiment_id

    where experiments.campaign_id is null

    union all

    select
        experiments.experiment_id,
        campaign_members.customer_id,
        campaign_members.arm,
        {{ segmentation.day_of('campaign_members.assigned_at') }} as assigned_on,
        campaign_members.assigned_at,
        experiments.outcome_days

    from experiments

    inner join campaign_members
        on
            experiments.campaign_id = campaign_members.campaign_id
            and coalesce(
                experiments.starts_on
                <= {{ segmentation.day_of('campaign_members.assigned_at') }},
                true
            )
            and coalesce(
                experiments.ends_on
                >= {{ segmentation.day_of('campaign_members.assigned_at') }},
                true
            )

    where
        campaign_members.reject_reason is null
        and campaign_members.arm is not null
        and experiments.campaign_id != {{ global_holdout }}

    union all

    -- what everything together brings: whoever was drawn before the first day
    select
        experiments.experiment_id,
        holdouts.customer_id,
        case when holdouts.holdout_group = 'holdout' then 'control' else 'treatment' end
            as arm,
        experiments.starts_on as assigned_on,
        cast(experiments.starts_on as {{ dbt.type_timestamp() }}) as assigned_at,
        experiments.outcome_days

    from experiments

    inner join last_snapshot
        on experiments.starts_on <= last_snapshot.as_of_date

    inner join holdouts
        on experiments.starts_on > holdouts.assigned_on

    where experiments.campaign_id = {{ global_holdout }}

)

select
    experiment_id || '|' || customer_id as experiment_member_id,
    experiment_id,
    customer_id,
    arm,
    outcome_days,
    assigned_at,
    assigned_on,
    -- the first day that outcomes can fall on; what lies before it is known
    {{ segmentation.day_of('assigned_at') }} as outcome_starts_on,
    {{ segmentation.dateadd_days('outcome_days', 'assigned_on') }} as readout_on

from united
