-- One row: the currency that amounts are in.
select max(reporting_currency) as reporting_currency
from {schema}.dim_customer_attributes
having count(*) > 0
