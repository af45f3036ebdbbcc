-- One row per segment and churn band, the most revenue at risk first.
with

matrix as (

    select * from {{ ref('fct_segment_churn_matrix') }}

)

select
    segment_name,
    churn_band,
    n_customers,
    round(segment_share, 2) as segment_share,
    round(mean_p_churn, 2) as mean_p_churn,
    round(expected_revenue) as expected_revenue,
    round(revenue_at_risk) as revenue_at_risk

from matrix

order by revenue_at_risk desc
