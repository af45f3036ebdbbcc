-- One row per segment and churn band.
select
    segment_id,
    churn_band,
    n_customers,
    segment_share,
    mean_p_churn,
    expected_revenue,
    revenue_at_risk,
    as_of_date
from {schema}.fct_segment_churn_matrix
order by segment_id, churn_band
