-- One row per input row that was rejected.
with

core_rows as (

    select * from {{ ref('int_core_rows__rejected') }}

),

event_rows as (

    select * from {{ ref('int_event_rows__rejected') }}

),

unioned as (

    select * from core_rows
    union all
    select * from event_rows

),

numbered as (

    -- rows without a key are told apart by counting them
    select
        entity,
        row_key,
        reject_reason,
        offending_value,
        rejected_amount,
        occurred_at,
        row_number() over (
            partition by entity, row_key
            order by copy_number asc, occurred_at asc nulls last, reject_reason asc
        ) as occurrence

    from unioned

)

select
    entity || '|' || coalesce(row_key, '') || '|'
    || cast(occurrence as {{ dbt.type_string() }}) as rejected_row_id,
    entity,
    row_key,
    reject_reason,
    {{ segmentation.without_address('offending_value') }} as offending_value,
    rejected_amount,
    occurred_at

from numbered
