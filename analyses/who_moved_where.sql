-- Moves between segments, most frequent first.
select
    previous_segment_id,
    segment_id,
    valid_from_date,
    count(*) as n_customers

from {{ ref('fct_customer_segment_history') }}

where previous_segment_id is not null

group by
    previous_segment_id,
    segment_id,
    valid_from_date

order by
    n_customers desc,
    valid_from_date asc
