-- Rejected input rows by entity and reason, beside the rows received.
with

rejected_rows as (

    select * from {{ ref('fct_rejected_rows') }}

),

reconciliations as (

    select * from {{ ref('fct_input_reconciliations') }}

),

counted as (

    select
        entity,
        reject_reason,
        count(*) as n_rejected

    from rejected_rows

    group by
        entity,
        reject_reason

)

select
    counted.entity,
    counted.reject_reason,
    counted.n_rejected,
    1.0 * counted.n_rejected / nullif(reconciliations.n_received, 0) as rejected_share

from counted

inner join reconciliations
    on counted.entity = reconciliations.entity

order by
    counted.entity asc,
    counted.n_rejected desc
