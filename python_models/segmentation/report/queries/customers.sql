-- One row per customer, for the workbook; report_customers is the reader's own table.
select
    segments.customer_id,
    segments.segment_name,
    segments.value_tier,
    customers.state,
    customers.gender,
    customers.top_category,
    segments.rfm_cell,
    segments.recency_days,
    segments.frequency,
    segments.monetary_amount,
    customers.churn_band,
    customers.p_churn,
    customers.expected_revenue,
    customers.revenue_at_risk,
    segments.segment_since,
    segments.strategy,
    segments.reason_1
from {schema}.dim_customer_segments as segments
inner join report_customers as customers
    on segments.customer_id = customers.customer_id
order by segments.customer_id
