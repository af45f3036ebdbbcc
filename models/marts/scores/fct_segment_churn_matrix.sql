-- One row per segment and churn band that has customers, as of the last snapshot.
{% set double = segmentation.type_double() %}
with

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

scores as (

    select * from {{ ref('fct_customer_scores') }}

),

counted as (

    select
        assigned.as_of_date,
        assigned.segment_id,
        assigned.segment_name,
        scores.churn_band,
        count(*) as n_customers,
        avg(scores.p_churn) as mean_p_churn,
        sum(scores.expected_revenue) as expected_revenue,
        sum(scores.p_churn * scores.expected_revenue) as revenue_at_risk

    from assigned

    inner join scores
        on
            assigned.as_of_date = scores.as_of_date
            and assigned.customer_id = scores.customer_id

    where scores.churn_band is not null

    group by
        assigned.as_of_date,
        assigned.segment_id,
        assigned.segment_name,
        scores.churn_band

)

select
    segment_id || '__churn_' || churn_band as segment_churn_matrix_id,
    segment_id,
    segment_name,
    churn_band,
    n_customers,
    1.0 * n_customers / sum(n_customers) over (partition by segment_id)
        as segment_share,
    cast(mean_p_churn as {{ double }}) as mean_p_churn,
    cast(expected_revenue as {{ double }}) as expected_revenue,
    cast(revenue_at_risk as {{ double }}) as revenue_at_risk,
    as_of_date

from counted
