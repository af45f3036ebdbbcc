-- One row per snapshot date: the day of each customer summary built so far. Stands in
-- for the model of this name in features/, which lays snapshots over a history.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

summaries as (

    select * from {{ ref('int_customer_summaries__archived') }}

)

select distinct as_of_date

from summaries
