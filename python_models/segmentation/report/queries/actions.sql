-- One row per segment and recommended action: whom it is for, and what it is said to add.
select
    actions.segment_id,
    actions.action_id,
    max(actions.action_name) as action_name,
    max(actions.channel) as channel,
    actions.evidence,
    count(*) as n_customers,
    avg(actions.expected_uplift) as expected_uplift,
    sum(actions.expected_margin_amount) as expected_margin_amount,
    sum(actions.expected_margin_low_amount) as expected_margin_low_amount,
    sum(actions.expected_margin_high_amount) as expected_margin_high_amount,
    max(actions.as_of_date) as as_of_date
from {schema}.fct_customer_actions as actions
where actions.is_recommended
group by actions.segment_id, actions.action_id, actions.evidence
order by actions.segment_id, n_customers desc, actions.action_id, actions.evidence
