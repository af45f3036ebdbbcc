-- One row per customer, snapshot and trigger all of whose conditions hold, with the day
-- on which they began to, where the clock says it.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
{# a measure, and the days in which it grows by one: a day for what the clock moves,
   null for what the customer moves #}
{% set measures = {
    'n_orders': none,
    'n_orders_month_ago': none,
    'days_known': '1',
    'recency_days': '1',
    'absent_days': 'clock_day_days',
    'gap_ratio': 'gap_unit_days',
    'days_slowing': '1',
    'frequency_drop_indicator': none,
    'previous_gap_days': none,
    'days_since_abandoned_cart': '1',
    'days_since_complaint': '1',
    'days_since_engaged': '1',
    'unengaged_days': 'clock_day_days',
    'days_since_ordered_or_known': '1',
    'days_to_birthday': '1',
    'n_sessions_30d': none,
    'revenue_percentile': none,
    'expected_revenue_percentile': none,
    'whale_indicator': none,
} %}
with

snapshots as (

    select * from {{ ref('int_customer_snapshots__measured') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

measured as (

    {% for measure, unit_days in measures.items() %}
        select
            as_of_date,
            customer_id,
            '{{ measure }}' as trigger_measure,
            cast({{ measure }} as {{ double }}) as trigger_value,
            cast({{ unit_days or 'null' }} as {{ double }}) as unit_days
        from snapshots
        where {{ measure }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

conditions as (

    select * from {{ segmentation.ref_seed('trigger_conditions') }}

),

counted_conditions as (

    select
        trigger_id,
        count(*) as n_conditions

    from conditions

    group by trigger_id

),

met as (

    select
        measured.as_of_date,
        measured.customer_id,
        conditions.trigger_id,
        count(*) as n_met,
        -- the last condition to begin began the trigger
        min(
            floor(
                round(
                    (measured.trigger_value - conditions.min_value)
                    * measured.unit_days,
                    3
                )
            )
        ) as days_since_start

    from measured

    inner join conditions
        on measured.trigger_measure = conditions.trigger_measure

    where
        (
            conditions.min_value is null
            or measured.trigger_value >= conditions.min_value
        )
        and (
            conditions.max_value is null
            or measured.trigger_value < conditions.max_value
        )

    group by
        measured.as_of_date,
        measured.customer_id,
        conditions.trigger_id

)

select
    met.as_of_date,
    met.customer_id,
    met.trigger_id,
    case
        when met.days_since_start is not null
            then {{ segmentation.dateadd_days(
                '-cast(met.days_since_start as ' ~ dbt.type_int() ~ ')',
                'met.as_of_date'
            ) }}
    end as trigger_started_on

from met

inner join counted_conditions
    on
        met.trigger_id = counted_conditions.trigger_id
        and met.n_met = counted_conditions.n_conditions
