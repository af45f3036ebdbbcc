-- later
select 1 as one
from {schema}.fct_budget_curves
where false
