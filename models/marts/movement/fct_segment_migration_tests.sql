-- One row per period and starting segment, and one per period for all segments.
with

tested as (

    select * from {{ ref('int_segment_migrations__tested') }}

),

periods as (

    select * from {{ ref('int_segment_periods__scheduled') }}

)

select
    -- ids
    tested.segment_migration_test_id,
    tested.from_segment_id,

    -- strings
    tested.grain,
    tested.untested_reason,

    -- numerics
    tested.n_from,
    tested.n_from_earlier,
    tested.statistic,
    tested.dof,
    tested.p_value,
    tested.q_value,

    -- booleans
    coalesce(tested.q_value < 0.05, false) as has_changed,
    periods.has_refit,

    -- timestamps
    periods.period_start_date,
    tested.period_end_date

from tested

inner join periods
    on
        tested.grain = periods.grain
        and tested.period_end_date = periods.period_end_date
