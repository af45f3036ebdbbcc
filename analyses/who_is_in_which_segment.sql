-- How many customers and how much revenue has each segment, and how recent, frequent
-- and valuable are they?
select
    segment_name,
    n_customers,
    customer_share,
    net_amount_share,
    median_recency_days,
    median_frequency,
    median_monetary_amount,
    strategy

from {{ ref('fct_segment_summaries') }}

order by net_amount_share desc
