-- One row per customer, for the workbook; report_customers is the reader's own table.
-- Amounts and days as a spreadsheet has them: doubles, and days since 1899-12-30. Scores
-- are rounded, since their last digits vary from build to build.
select
    segments.customer_id,
    segments.segment_name,
    segments.value_tier,
    customers.action_name,
    customers.channel,
    customers.state,
    customers.gender,
    customers.top_category,
    segments.rfm_cell,
    segments.recency_days,
    segments.frequency,
    cast(segments.monetary_amount as double) as monetary_amount,
    customers.churn_band,
    round(customers.p_churn, 6) as p_churn,
    round(cast(customers.expected_revenue as double), 4) as expected_revenue,
    round(cast(customers.revenue_at_risk as double), 4) as revenue_at_risk,
    segments.segment_since - date '1899-12-30' as segment_since,
    segments.reason_1
from {schema}.dim_customer_segments as segments
inner join report_customers as customers
    on segments.customer_id = customers.customer_id
order by segments.customer_id
