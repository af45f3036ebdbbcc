-- One row: the last snapshot, the one that is published.
{{ config(materialized='view') }}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

)

select max(as_of_date) as as_of_date

from schedule
