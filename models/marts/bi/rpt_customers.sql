-- One row per customer, as of the last snapshot: what is known of them, without
-- anything to reach them by.
with

segments as (

    select * from {{ ref('dim_customer_segments') }}

),

attributes as (

    select * from {{ ref('dim_customer_attributes') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

scores as (

    select * from {{ ref('fct_customer_scores') }}

),

reach as (

    select * from {{ ref('fct_segment_reach') }}

),

actions as (

    select * from {{ ref('int_customer_actions__chosen') }}

),

consented as (

    select * from {{ ref('int_customer_snapshots__consented') }}

)

select
    -- ids
    segments.customer_id,
    segments.segment_id,
    segments.previous_segment_id,
    actions.action_id,

    -- strings
    segments.segment_name,
    segments.micro_segment_name,
    segments.value_tier,
    reach.current_strategy,
    segments.reason_1,
    segments.rfm_cell,
    attributes.gender,
    attributes.age_group,
    attributes.country,
    attributes.state,
    attributes.location_tier,
    attributes.top_category,
    scores.churn_band,
    coalesce(scores.churn_score_status, 'not_scored') as churn_score_status,
    coalesce(scores.value_score_status, 'not_scored') as value_score_status,
    coalesce(actions.action_status, 'none') as action_status,
    actions.action_name,
    actions.channel,
    actions.offer_type,
    actions.holdout_group,
    consented.email_suppress_reason,
    attributes.reporting_currency,

    -- numerics
    segments.recency_days,
    features.tenure_days,
    features.n_orders,
    features.n_orders_90d,
    features.n_orders_365d,
    features.net_amount,
    features.net_amount_90d,
    features.net_amount_365d,
    features.average_order_amount,
    features.median_gap_days,
    scores.p_churn,
    scores.expected_revenue,
    cast(scores.p_churn * scores.expected_revenue as {{ segmentation.type_double() }})
        as revenue_at_risk,
    segments.confidence,
    actions.offer_rate,
    actions.priority,

    -- booleans
    segments.has_ordered,
    segments.is_settled,
    segments.is_whale,
    coalesce(consented.has_email_consent, false) as has_email_consent,
    coalesce(consented.has_sms_consent, false) as has_sms_consent,
    coalesce(consented.has_push_consent, false) as has_push_consent,

    -- timestamps
    segments.as_of_date,
    segments.segment_since,
    actions.action_expires_on

from segments

inner join reach
    on segments.segment_id = reach.segment_id

inner join attributes
    on segments.customer_id = attributes.customer_id

inner join features
    on
        segments.as_of_date = features.as_of_date
        and segments.customer_id = features.customer_id

left join scores
    on
        segments.as_of_date = scores.as_of_date
        and segments.customer_id = scores.customer_id

left join actions
    on
        segments.as_of_date = actions.as_of_date
        and segments.customer_id = actions.customer_id

left join consented
    on
        segments.as_of_date = consented.as_of_date
        and segments.customer_id = consented.customer_id
