-- From each segment: probabilities and long-run shares add up to 1, weeks to 52, the
-- transitions and the revenue of the segments to those of the starting one.
with

trajectories as (

    select * from {{ ref('fct_segment_trajectories') }}

),

summed as (

    select
        from_segment_id,
        sum(p_transition) as p_transition,
        sum(stationary_share) as stationary_share,
        sum(expected_weeks) as expected_weeks,
        sum(n_transitions) as n_transitions,
        max(n_customer_weeks) as n_customer_weeks,
        sum(expected_net_amount_there) as expected_net_amount_there,
        max(expected_net_amount) as expected_net_amount,
        max(abs(mean_weekly_net_amount)) as largest_weekly_net_amount

    from trajectories

    group by from_segment_id

)

select *

from summed

where
    abs(p_transition - 1) > 1e-9
    or abs(stationary_share - 1) > 1e-9
    or abs(expected_weeks - 52) > 1e-9
    or n_transitions != n_customer_weeks
    or abs(expected_net_amount_there - expected_net_amount)
    > 1e-9 * (1 + 52 * largest_weekly_net_amount)
