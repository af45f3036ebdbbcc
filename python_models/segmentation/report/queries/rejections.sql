-- One row per input entity and reason.
select
    entity,
    reject_reason,
    count(*) as n_rows
from {schema}.fct_rejected_rows
group by entity, reject_reason
order by n_rows desc, entity, reject_reason
