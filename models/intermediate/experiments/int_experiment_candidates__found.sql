-- One row per planned experiment whose enrolment is not over and customer whom it could
-- enrol at the last snapshot.
with

experiments as (

    select * from {{ ref('int_experiments__listed') }}
    where ends_on is not null

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

holdouts as (

    select * from {{ ref('int_customer_holdouts__assigned') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

reachable as (

    select
        last_snapshot.as_of_date,
        customers.customer_id,
        confirmed.segment_id

    from last_snapshot

    inner join customers
        on last_snapshot.as_of_date >= customers.known_on

    inner join holdouts
        on customers.customer_id = holdouts.customer_id

    left join confirmed
        on
            customers.customer_id = confirmed.customer_id
            and last_snapshot.as_of_date = confirmed.as_of_date

    where holdouts.holdout_group = 'reachable'

),

candidates as (

    select
        experiments.experiment_id,
        experiments.campaign_id,
        experiments.salt,
        experiments.treatment_share,
        experiments.outcome_days,
        experiments.starts_on,
        reachable.customer_id,
        reachable.as_of_date

    from experiments

    inner join reachable
        on
            experiments.ends_on >= reachable.as_of_date
            and coalesce(experiments.segment_id, reachable.segment_id, '')
            = coalesce(reachable.segment_id, '')

),

buyers as (

    select distinct
        candidates.experiment_id,
        candidates.customer_id

    from candidates

    inner join days
        on
            candidates.customer_id = days.customer_id
            and candidates.as_of_date >= days.activity_on
            and candidates.as_of_date < days.voided_on
            and candidates.outcome_days > {{ segmentation.days_between(
                'days.activity_on', 'candidates.as_of_date'
            ) }}

    where days.n_orders > 0

)

select
    candidates.experiment_id || '|' || candidates.customer_id
        as experiment_member_id,
    candidates.experiment_id,
    candidates.customer_id,
    candidates.campaign_id,
    case
        when
            {{ segmentation.salted_unit('candidates.salt', 'candidates.customer_id') }}
            < candidates.treatment_share
            then 'treatment'
        else 'control'
    end as arm,
    buyers.customer_id is not null as has_ordered_before,
    candidates.starts_on,
    candidates.as_of_date

from candidates

left join buyers
    on
        candidates.experiment_id = buyers.experiment_id
        and candidates.customer_id = buyers.customer_id
