-- One row per customer with a segment and a probability of churn, as of the last
-- snapshot.
{% set double = segmentation.type_double() %}
with

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

scores as (

    select * from {{ ref('fct_customer_scores') }}

)

select
    -- ids
    assigned.customer_id,
    assigned.segment_id,
    assigned.segment_id || '__churn_' || scores.churn_band as churn_segment_id,

    -- strings
    assigned.segment_name,
    assigned.segment_name || case scores.churn_band
        when 'high' then ' - High Churn Risk'
        when 'medium' then ' - Medium Churn Risk'
        else ' - Low Churn Risk'
    end as churn_segment_name,
    scores.churn_band,

    -- numerics
    scores.p_churn,
    scores.expected_revenue,
    cast(scores.p_churn * scores.expected_revenue as {{ double }}) as revenue_at_risk,

    -- timestamps
    assigned.as_of_date

from assigned

inner join scores
    on
        assigned.as_of_date = scores.as_of_date
        and assigned.customer_id = scores.customer_id

where scores.churn_band is not null
