-- One row per customer, for the workbook and for the cube of the filters.
select
    segments.customer_id,
    segments.segment_id,
    segments.segment_name,
    segments.micro_segment_name,
    segments.value_tier,
    segments.strategy,
    segments.segment_since,
    attributes.state,
    attributes.gender,
    attributes.top_category,
    segments.rfm_cell,
    segments.recency_days,
    segments.frequency,
    segments.monetary_amount,
    segments.confidence,
    segments.is_whale,
    churn.churn_band,
    churn.p_churn,
    churn.expected_revenue,
    churn.revenue_at_risk,
    segments.reason_1,
    segments.reason_2,
    segments.reason_3,
    segments.as_of_date
from {schema}.dim_customer_segments as segments
left join {schema}.dim_customer_attributes as attributes
    on segments.customer_id = attributes.customer_id
left join {schema}.fct_customer_churn_segments as churn
    on segments.customer_id = churn.customer_id
order by segments.customer_id
