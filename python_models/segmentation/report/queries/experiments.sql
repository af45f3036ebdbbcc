-- later
select 1 as one
from {schema}.fct_experiment_results
where false
