-- One row per segment and churn band that has customers, as of the last snapshot.
{% set double = segmentation.type_double() %}
with

customers as (

    select * from {{ ref('fct_customer_churn_segments') }}

),

counted as (

    select
        as_of_date,
        churn_segment_id,
        segment_id,
        segment_name,
        churn_band,
        count(*) as n_customers,
        avg(p_churn) as mean_p_churn,
        sum(expected_revenue) as expected_revenue,
        sum(revenue_at_risk) as revenue_at_risk

    from customers

    group by
        as_of_date,
        churn_segment_id,
        segment_id,
        segment_name,
        churn_band

)

select
    churn_segment_id,
    segment_id,
    segment_name,
    churn_band,
    n_customers,
    {{ segmentation.ratio(
        'n_customers', 'sum(n_customers) over (partition by segment_id)'
    ) }}
        as segment_share,
    cast(mean_p_churn as {{ double }}) as mean_p_churn,
    cast(expected_revenue as {{ double }}) as expected_revenue,
    cast(revenue_at_risk as {{ double }}) as revenue_at_risk,
    as_of_date

from counted
