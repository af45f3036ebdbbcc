-- One row per pair of segments that customers moved between, over all weeks together.
select
    from_segment_id,
    to_segment_id,
    sum(n_customers) as n_moves,
    min(period_start_date) as start_date,
    max(period_end_date) as end_date
from {schema}.fct_segment_migrations
where grain = 'week' and not is_stay
group by from_segment_id, to_segment_id
order by from_segment_id, to_segment_id
