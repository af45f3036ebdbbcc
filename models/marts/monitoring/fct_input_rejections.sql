-- One row per input entity and reason that rows of it were rejected for.
{% set bigint = dbt.type_bigint() %}
{% set double = segmentation.type_double() %}
with

profiled as (

    select * from {{ ref('int_inputs__profiled') }}

)

select
    -- ids
    input_rejection_id,

    -- strings
    entity,
    reject_reason,
    loss,
    offending_value,
    hint,

    -- numerics
    cast(n_rejected as {{ bigint }}) as n_rejected,
    cast(n_received as {{ bigint }}) as n_received,
    cast(rejected_row_share as {{ double }}) as rejected_row_share,
    cast(rejected_amount as {{ double }}) as rejected_amount,
    cast(received_amount as {{ double }}) as received_amount,
    cast(rejected_amount_share as {{ double }}) as rejected_amount_share,
    cast(n_offending_rows as {{ bigint }}) as n_offending_rows

from profiled
