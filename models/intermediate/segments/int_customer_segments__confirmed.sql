-- One row per customer and snapshot: the published segment. A customer moves when the
-- last segmentation_confirmations runs agree on the new segment; the first order, and a
-- change of what customers are segmented by, count at once.
-- depends_on: {{ ref('int_snapshots__scheduled') }}
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history']
) }}
{% set n_confirmations = var('segmentation_confirmations') | int %}
{% set n_past_runs = [n_confirmations - 1, 1] | max %}
with

scored as (

    select * from {{ ref('int_customer_segments__scored') }}

),

due as (

    select
        as_of_date,
        customer_id,
        scheme,
        model_version,
        segment_id as scored_segment_id,
        second_segment_id,
        confidence,
        is_whale,
        -- the state that an earlier run left; a run that is due makes its own
        cast(null as {{ dbt.type_string() }}) as known_segment_id,
        cast(null as date) as known_segment_since,
        cast(null as {{ dbt.type_string() }}) as known_previous_segment_id,
        1 as is_due

    from scored

    {{ segmentation.where_snapshot_is_due(this) }}

),

{% if is_incremental() %}

    schedule as (

        select * from {{ ref('int_snapshots__scheduled') }}

    ),

    first_due as (

        select min(as_of_date) as as_of_date
        from due

    ),

    past_runs as (

        select
            schedule.as_of_date,
            row_number() over (order by schedule.as_of_date desc) as runs_ago

        from schedule

        inner join first_due
            on schedule.as_of_date < first_due.as_of_date

    ),

    past as (

        -- what the first due run is confirmed against
        select
            history.as_of_date,
            history.customer_id,
            history.scheme,
            history.model_version,
            history.scored_segment_id,
            history.second_segment_id,
            history.confidence,
            history.is_whale,
            case when past_runs.runs_ago = 1 then history.segment_id end
                as known_segment_id,
            case when past_runs.runs_ago = 1 then history.segment_since end
                as known_segment_since,
            case when past_runs.runs_ago = 1 then history.previous_segment_id end
                as known_previous_segment_id,
            0 as is_due

        from {{ this }} as history

        inner join past_runs
            on history.as_of_date = past_runs.as_of_date

        where past_runs.runs_ago <= {{ n_past_runs }}

    ),

    runs as (

        select * from due
        union all
        select * from past

    ),

{% else %}

    runs as (

        select * from due

    ),

{% endif %}

compared as (

    select
        *,
        lag(scheme) over (
            partition by customer_id order by as_of_date asc
        ) as scheme_before,
        case
            when
                1 = 1
                {% for runs_ago in range(1, n_confirmations) %}
                    and lag(scored_segment_id, {{ runs_ago }}) over (
                        partition by customer_id order by as_of_date asc
                    ) = scored_segment_id
                    and lag(scheme, {{ runs_ago }}) over (
                        partition by customer_id order by as_of_date asc
                    ) = scheme
                {% endfor %}
                then 1
            else 0
        end as is_confirmed

    from runs

),

decided as (

    -- null where the run decides nothing and the segment stays what it was
    select
        *,
        case
            when is_due = 0 then known_segment_id
            when scheme_before is null or scheme_before != scheme then scored_segment_id
            when is_confirmed = 1 then scored_segment_id
        end as decided_segment_id

    from compared

),

published as (

    -- the latest decision: ISO dates sort as text, so the greatest text is the last
    select
        *,
        substr(
            max(
                case
                    when decided_segment_id is not null
                        then
                            cast(as_of_date as {{ dbt.type_string() }})
                            || decided_segment_id
                end
            ) over (
                partition by customer_id
                order by as_of_date asc
                rows between unbounded preceding and current row
            ),
            11
        ) as segment_id

    from decided

),

followed as (

    select
        *,
        lag(segment_id) over (
            partition by customer_id order by as_of_date asc
        ) as segment_id_before

    from published

),

moved as (

    -- a move, or the last one that an earlier run knew of: since when, and from where
    select
        *,
        case
            when is_due = 0 and known_segment_id is not null
                then
                    cast(known_segment_since as {{ dbt.type_string() }})
                    || coalesce(known_previous_segment_id, '')
            when
                is_due = 1
                and (segment_id_before is null or segment_id_before != segment_id)
                then
                    cast(as_of_date as {{ dbt.type_string() }})
                    || coalesce(segment_id_before, '')
        end as move_record

    from followed

),

dated as (

    select
        *,
        max(move_record) over (
            partition by customer_id
            order by as_of_date asc
            rows between unbounded preceding and current row
        ) as last_move_record

    from moved

)

select
    as_of_date,
    customer_id,
    segment_id,
    cast(substr(last_move_record, 1, 10) as date) as segment_since,
    nullif(substr(last_move_record, 11), '') as previous_segment_id,
    scored_segment_id,
    second_segment_id,
    confidence,
    is_whale,
    scheme,
    model_version

from dated

where is_due = 1
