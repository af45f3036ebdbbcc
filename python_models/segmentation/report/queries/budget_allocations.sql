-- One row per budget and segment, if everything goes as expected.
select
    allocations.budget,
    max(allocations.budget_amount) as budget_amount,
    allocations.segment_id,
    sum(allocations.n_customers) as n_customers,
    sum(allocations.spend_amount) as spend_amount,
    sum(allocations.margin_after_cost_amount) as margin_after_cost_amount,
    max(allocations.marginal_return) as marginal_return,
    max(allocations.as_of_date) as as_of_date
from {schema}.fct_budget_allocations as allocations
where allocations.scenario = 'expected'
group by allocations.budget, allocations.segment_id
order by budget_amount, allocations.budget, margin_after_cost_amount desc
