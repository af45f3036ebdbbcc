-- One row per week and segment.
select
    as_of_date,
    segment_id,
    n_customers,
    customer_share,
    lower_bound,
    upper_bound,
    net_amount_share
from {schema}.fct_segment_trends
order by as_of_date, segment_id
