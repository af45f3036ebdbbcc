-- One row per web event received, with the reason it was rejected for, if any.
-- Days are made again whose rows have changed.
{% set judged_columns = [
    'web_event_id', 'customer_id', 'session_id', 'event_type',
    'stated_event_type', 'product_id', 'occurred_at', 'reject_reason',
] %}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ segmentation.forget_changed_days('int_web_events__judged', "
    ~ judged_columns ~ ", 'source_day', key='web_event_id') }}"
) }}
with

judged as (

    select * from {{ ref('int_web_events__judged') }}

),

lacking as (

    select * from judged
    {{ segmentation.where_day_is_lacking(this, 'source_day') }}

),

fingerprints as (

    select
        source_day,
        {{ segmentation.fingerprint_of_rows(judged_columns) }} as source_fingerprint

    from lacking

    group by source_day

),

numbered as (

    -- a copy may be of another day
    select
        *,
        row_number() over (
            partition by web_event_id
            order by
                occurred_at asc nulls last,
                customer_id asc nulls last,
                stated_event_type asc nulls last
        ) as copy_number

    from judged

    {% if is_incremental() %}
        where
            coalesce(web_event_id, '') in (
                select coalesce(lacking.web_event_id, '') from lacking
            )
    {% endif %}

)

select
    numbered.web_event_id,
    numbered.customer_id,
    numbered.session_id,
    numbered.event_type,
    numbered.product_id,
    numbered.occurred_at,
    numbered.occurred_on,
    numbered.copy_number,
    case
        when numbered.reject_reason = 'missing_key' then 'missing_key'
        when numbered.copy_number > 1 then 'duplicate_key'
        else numbered.reject_reason
    end as reject_reason,
    numbered.source_day,
    fingerprints.source_fingerprint

from numbered

inner join fingerprints
    on numbered.source_day = fingerprints.source_day
