-- One row per customer of the sample that is projected; merged before it is shown.
select
    segment_id,
    component_1,
    component_2,
    as_of_date
from {schema}.fct_customer_projections
order by segment_id, component_1, component_2
