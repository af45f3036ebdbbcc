-- One row per experiment, with how far it has got at the last snapshot.
with

experiments as (

    select * from {{ ref('int_experiments__listed') }}

),

members as (

    select * from {{ ref('int_experiment_members__united') }}

),

candidates as (

    select * from {{ ref('int_experiment_candidates__found') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

enrolled as (

    select
        experiment_id,
        count(*) as n_members,
        count(distinct arm) as n_arms,
        sum(case when arm = 'control' then 1 else 0 end) as n_control,
        avg(
            case
                when has_ordered_before
                    then cast(1 as {{ segmentation.type_double() }})
                else 0
            end
        ) as base_order_rate,
        min(assigned_on) as first_assigned_on,
        max(readout_on) as measured_on

    from members

    group by experiment_id

),

expected as (

    select
        experiment_id,
        count(*) as n_candidates,
        avg(
            case
                when has_ordered_before
                    then cast(1 as {{ segmentation.type_double() }})
                else 0
            end
        ) as base_order_rate

    from candidates

    group by experiment_id

)

select
    -- ids
    experiments.experiment_id,
    experiments.action_id,
    experiments.campaign_id,
    experiments.segment_id,

    -- strings
    experiments.hypothesis,
    case
        when
            enrolled.n_members is null
            and last_snapshot.as_of_date < experiments.starts_on
            then 'planned'
        when enrolled.n_members is null then 'no_members'
        when
            enrolled.measured_on > last_snapshot.as_of_date
            or experiments.ends_on > last_snapshot.as_of_date
            then 'running'
        when enrolled.n_control = 0 or enrolled.n_arms < 2 then 'no_control'
        else 'closed'
    end as enrolment_status,

    -- numerics
    experiments.treatment_share,
    experiments.minimum_effect,
    experiments.outcome_days,
    cast(coalesce(enrolled.n_members, 0) as {{ dbt.type_bigint() }}) as n_members,
    cast(
        coalesce(enrolled.n_members, expected.n_candidates, 0)
        as {{ dbt.type_bigint() }}
    ) as n_planned,
    coalesce(enrolled.base_order_rate, expected.base_order_rate) as base_order_rate,
    cast(coalesce(enrolled.n_arms, 2) as {{ dbt.type_bigint() }}) as n_arms,

    -- timestamps
    coalesce(experiments.starts_on, enrolled.first_assigned_on) as starts_on,
    experiments.ends_on,
    enrolled.measured_on

from experiments

cross join last_snapshot

left join enrolled
    on experiments.experiment_id = enrolled.experiment_id

left join expected
    on experiments.experiment_id = expected.experiment_id
