-- One row per action and segment.
select
    1 as n_customers
from {schema}.fct_customer_actions
where false
