-- One row per segment that has customers, by revenue.
select
    segment_id,
    segment_name,
    strategy,
    n_customers,
    customer_share,
    net_amount,
    net_amount_share,
    median_recency_days,
    median_frequency,
    median_monetary_amount,
    as_of_date
from {schema}.fct_segment_summaries
order by segment_id = 'prospects', net_amount desc, segment_id
