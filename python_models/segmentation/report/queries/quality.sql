-- One row per input entity.
select
    entity,
    n_received,
    n_accepted,
    n_rejected,
    is_available
from {schema}.fct_input_reconciliations
order by n_received desc, entity
