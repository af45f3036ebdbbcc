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

last_snapshot as (

    select max(as_of_date) as as_of_date
    from confirmed

),

current_segments as (

    select confirmed.*

    from confirmed

    inner join last_snapshot
        on confirmed.as_of_date = last_snapshot.as_of_date

)

select
    -- ids
    current_segments.customer_id,
    current_segments.segment_id,
    current_segments.previous_segment_id,
    current_segments.second_segment_id,
    current_segments.model_version,

    -- strings
    segments.segment_name,
    segments.strategy,
    rfm.rfm_cell,

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
