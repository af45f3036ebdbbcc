-- One row per customer, snapshot and trigger all of whose conditions hold, with the day
-- on which they began to, where the clock says it.
{{ config(materialized='view') }}
with

measured as (

    select * from {{ ref('int_customer_snapshots__measured') }}

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
                (measured.trigger_value - conditions.min_value) * measured.unit_days
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
