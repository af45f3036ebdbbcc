-- One row per customer, as of the last snapshot.
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

rfm as (

    select * from {{ ref('fct_customer_rfm') }}

),

explained as (

    select * from {{ ref('int_customer_segments__explained') }}

),

second_segments as (

    select
        segment_id,
        segment_name
    from segments

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from confirmed

),

current_segments as (

    select confirmed.*

    from confirmed

    inner join last_snapshot
        on confirmed.as_of_date = last_snapshot.as_of_date

),

reasons as (

    select
        customer_id,
        {% for number in [1, 2] %}
            max(case when reason_number = {{ number }} then reason_in_words end)
                as reason_{{ number }},
        {% endfor %}
        max(case when reason_number = 3 then reason_in_words end) as reason_3

    from explained

    group by customer_id

),

tiers as (

    -- fifths of lifetime net revenue: the upper two, the middle one, the lower two
    select
        as_of_date,
        customer_id,
        case
            when monetary_score >= 4 then 'high'
            when monetary_score = 3 then 'medium'
            when monetary_score <= 2 then 'low'
        end as value_tier

    from rfm

)

select
    -- ids
    current_segments.customer_id,
    current_segments.segment_id,
    current_segments.previous_segment_id,
    current_segments.second_segment_id,
    current_segments.segment_id || coalesce('__' || tiers.value_tier, '')
        as micro_segment_id,
    current_segments.model_version,

    -- strings
    segments.segment_name,
    segments.segment_name || case tiers.value_tier
        when 'high' then ' - High Value'
        when 'medium' then ' - Medium Value'
        when 'low' then ' - Low Value'
        else ''
    end as micro_segment_name,
    second_segments.segment_name as second_segment_name,
    tiers.value_tier,
    segments.strategy,
    reasons.reason_1,
    reasons.reason_2,
    reasons.reason_3,
    rfm.rfm_cell,
    rfm.shopify_rfm_group,
    rfm.klaviyo_rfm_group,

    -- numerics
    current_segments.confidence,
    rfm.recency_score,
    rfm.frequency_score,
    rfm.monetary_score,
    rfm.recency_days,
    rfm.frequency,
    rfm.monetary_amount,

    -- booleans
    rfm.has_ordered,
    current_segments.segment_id = current_segments.scored_segment_id as is_settled,
    current_segments.is_whale,

    -- timestamps
    current_segments.as_of_date,
    current_segments.segment_since

from current_segments

inner join segments
    on current_segments.segment_id = segments.segment_id

inner join rfm
    on
        current_segments.as_of_date = rfm.as_of_date
        and current_segments.customer_id = rfm.customer_id

inner join tiers
    on
        current_segments.as_of_date = tiers.as_of_date
        and current_segments.customer_id = tiers.customer_id

left join second_segments
    on current_segments.second_segment_id = second_segments.segment_id

left join reasons
    on current_segments.customer_id = reasons.customer_id
