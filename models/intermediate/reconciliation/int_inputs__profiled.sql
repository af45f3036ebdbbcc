-- One row per entity and reason that rows of it were rejected for: how many they are,
-- the money that goes with them, the commonest value at fault, and a hint.
{% set string = dbt.type_string() %}
{% set double = segmentation.type_double() %}
with

core_rows as (

    select * from {{ ref('int_core_rows__rejected') }}

),

event_rows as (

    select * from {{ ref('int_event_rows__rejected') }}

),

core_received as (

    select * from {{ ref('int_core_rows__received') }}

),

event_received as (

    select * from {{ ref('int_event_rows__received') }}

),

amounts as (

    select * from {{ ref('int_amounts__received') }}

),

unknown_ids as (

    select * from {{ ref('int_unknown_ids__compared') }}

),

repeated_keys as (

    select * from {{ ref('int_repeated_keys__counted') }}

),

rejected as (

    select
        entity,
        reject_reason,
        offending_value,
        rejected_amount
    from core_rows

    union all

    select
        entity,
        reject_reason,
        offending_value,
        rejected_amount
    from event_rows

),

received as (

    select * from core_received
    union all
    select * from event_received

),

offending_values as (

    select
        entity,
        reject_reason,
        {{ segmentation.without_address('offending_value') }} as offending_value,
        count(*) as n_rows,
        sum(rejected_amount) as rejected_amount

    from rejected

    group by
        entity,
        reject_reason,
        {{ segmentation.without_address('offending_value') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by entity, reject_reason
            order by
                case when offending_value is null then 1 else 0 end asc,
                n_rows desc,
                offending_value asc
        ) as value_rank

    from offending_values

),

counted as (

    select
        entity,
        reject_reason,
        {{ segmentation.rejection_loss() }} as loss,
        sum(n_rows) as n_rows,
        sum(rejected_amount) as rejected_amount,
        max(case when value_rank = 1 then offending_value end) as offending_value,
        max(case when value_rank = 1 and offending_value is not null then n_rows end)
            as n_offending_rows

    from ranked

    group by
        entity,
        reject_reason

)

select
    -- ids
    counted.entity || '|' || counted.reject_reason as input_rejection_id,

    -- strings
    counted.entity,
    counted.reject_reason,
    counted.loss,
    counted.offending_value,
    case
        when unknown_ids.n_differing_by_case > 0
            then
                cast(unknown_ids.n_differing_by_case as {{ string }})
                || ' differ from an id that there is by case only'
        when unknown_ids.n_differing_by_noughts > 0
            then
                cast(unknown_ids.n_differing_by_noughts as {{ string }})
                || ' differ from an id that there is by leading noughts only'
        when counted.entity = 'customers' and counted.reject_reason = 'duplicate_key'
            then 'the first row of each is kept; a refusal on any of them counts'
        when
            counted.reject_reason = 'duplicate_key'
            and 2 * repeated_keys.n_shared_keys > repeated_keys.n_repeated_keys
            then
                cast(repeated_keys.n_shared_keys as {{ string }}) || ' of '
                || cast(repeated_keys.n_repeated_keys as {{ string }})
                || ' keys that repeat stand with more than one '
                || repeated_keys.key_owner || case
                    when counted.entity = 'order_lines'
                        then ': is order_line_id the number of a line?'
                    else
                        ': is it unique within its ' || repeated_keys.key_owner
                        || ' only?'
                end
        when counted.reject_reason = 'duplicate_key'
            then 'was the table loaded more than once, or is another column its key?'
        {% for reason, hint in segmentation.rejection_hints().items() %}
            when counted.reject_reason = '{{ reason }}'
                then {{ segmentation.text_literal(hint) }}
        {% endfor %}
    end as hint,

    -- numerics
    cast(counted.n_rows as {{ dbt.type_bigint() }}) as n_rejected,
    received.n_received,
    1.0e0 * counted.n_rows / received.n_received as rejected_row_share,
    counted.rejected_amount,
    amounts.received_amount,
    counted.rejected_amount / nullif(amounts.received_amount, 0)
        as rejected_amount_share,
    cast(counted.n_offending_rows as {{ dbt.type_bigint() }}) as n_offending_rows

from counted

inner join received
    on counted.entity = received.entity

left join amounts
    on counted.entity = amounts.entity

left join unknown_ids
    on
        counted.entity = unknown_ids.entity
        and counted.reject_reason = unknown_ids.reject_reason

left join repeated_keys
    on counted.entity = repeated_keys.entity
