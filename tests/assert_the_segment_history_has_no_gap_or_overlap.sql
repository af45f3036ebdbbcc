-- A customer's stretches follow one another: each begins where the one before ends,
-- names the segment before, and only the last is open.
with

history as (

    select * from {{ ref('fct_customer_segment_history') }}

),

followed as (

    select
        customer_id,
        segment_id,
        valid_until_date,
        is_current,
        lead(valid_from_date) over (
            partition by customer_id order by valid_from_date asc
        ) as next_valid_from_date,
        lead(previous_segment_id) over (
            partition by customer_id order by valid_from_date asc
        ) as next_previous_segment_id

    from history

)

select *

from followed

where
    coalesce(valid_until_date, {{ segmentation.end_of_time() }})
    != coalesce(next_valid_from_date, {{ segmentation.end_of_time() }})
    or is_current != (next_valid_from_date is null)
    or (
        next_valid_from_date is not null
        and coalesce(next_previous_segment_id, '') != segment_id
    )
