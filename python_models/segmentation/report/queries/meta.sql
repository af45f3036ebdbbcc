-- One row: the day, the currency, and what the report counts.
select
    max(summaries.as_of_date) as as_of_date,
    sum(summaries.n_customers) as n_customers,
    sum(summaries.net_amount) as net_amount,
    sum(case when summaries.segment_id = 'prospects' then 0 else summaries.n_customers end)
        as n_ordering_customers
from {schema}.fct_segment_summaries as summaries
having count(*) > 0
