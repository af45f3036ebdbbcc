-- One row per customer with a recommended action.
select
    customer_id,
    action_name,
    channel
from {schema}.fct_customer_actions
where is_recommended
order by customer_id
