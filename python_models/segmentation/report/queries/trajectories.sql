-- One row per pair of segments: the chain's weekly chance of a move, over all weeks.
select
    from_segment_id,
    to_segment_id,
    n_transitions,
    n_customer_weeks,
    p_transition,
    expected_weeks,
    expected_net_amount,
    expected_net_amount_lower,
    expected_net_amount_upper
from {schema}.fct_segment_trajectories
order by from_segment_id, to_segment_id
