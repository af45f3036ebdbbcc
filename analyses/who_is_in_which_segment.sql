-- How many customers, how much revenue, how recent, frequent and valuable is each segment?
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
