-- One row per action and reason that forbade it to proposed customers at the last
-- snapshot; reason allowed counts those it was open to.
with

judged as (

    select * from {{ ref('int_customer_actions__judged') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

)

select
    judged.action_id || '|' || coalesce(judged.blocked_by, 'allowed')
        as action_eligibility_id,
    judged.as_of_date,
    judged.action_id,
    coalesce(judged.blocked_by, 'allowed') as eligibility,
    count(*) as n_customers,
    {{ segmentation.ratio(
        'count(*)', 'sum(count(*)) over (partition by judged.action_id)'
    ) }}
        as eligibility_share

from judged

inner join last_snapshot
    on judged.as_of_date = last_snapshot.as_of_date

group by
    judged.as_of_date,
    judged.action_id,
    judged.blocked_by
