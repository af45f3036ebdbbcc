-- later
select 1 as one
from {schema}.fct_budget_allocations
where false
