-- One row per grain and period: the snapshots that it begins and ends with.
{% set n_confirmations = var('segmentation_confirmations') | int %}
{% set interval_days = var('segmentation_snapshot_interval_days') | int %}
-- Who has just moved cannot be seen to move again before the confirmation is through.
-- Over twice that time they nearly always can, so that a chain of such strides
-- remembers customers' past, not the confirmation's.
{% set n_per_stride = 2 * n_confirmations if n_confirmations > 1 else 1 %}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

schemes as (

    select
        as_of_date,
        coalesce(max(case when scheme != 'prospects' then scheme end), 'prospects')
            as active_scheme,
        max(model_version) as model_version

    from confirmed

    group by as_of_date

),

snapshots as (

    select
        schedule.as_of_date,
        schemes.active_scheme,
        schemes.model_version,
        lag(schemes.model_version) over (
            order by schedule.as_of_date asc
        ) as version_before,
        lag(schemes.active_scheme) over (
            order by schedule.as_of_date asc
        ) as scheme_before

    from schedule

    left join schemes
        on schedule.as_of_date = schemes.as_of_date

),

spells as (

    -- a scheme that comes back begins a new spell
    select
        as_of_date,
        active_scheme,
        sum(case when active_scheme = scheme_before then 0 else 1 end) over (
            order by as_of_date asc
            rows between unbounded preceding and current row
        ) as spell_number,
        sum(case when model_version = version_before then 0 else 1 end) over (
            order by as_of_date asc
            rows between unbounded preceding and current row
        ) as fit_number

    from snapshots

),

numbered as (

    select
        as_of_date,
        active_scheme,
        spell_number,
        row_number() over (
            partition by spell_number order by as_of_date asc
        ) as run_number,
        -- the fit whose scores are confirmed by now: moves come late
        coalesce(lag(fit_number, {{ n_confirmations - 1 }}) over (
            order by as_of_date asc
        ), 1) as published_fit_number

    from spells

),

points as (

    select
        'week' as grain,
        numbered.*
    from numbered

    union all

    -- of a month that is not over, nobody knows yet which snapshot is its last
    select
        'month' as grain,
        numbered.*
    from numbered
    where
        {{ dbt.date_trunc('month', segmentation.dateadd_days(
            interval_days, 'as_of_date'
        )) }}
        != {{ dbt.date_trunc('month', 'as_of_date') }}

    union all

    -- laid from a spell's first confirmed run on, so that no later build shifts them
    select
        'stride' as grain,
        numbered.*
    from numbered
    where
        run_number >= {{ n_confirmations }}
        and mod(run_number - {{ n_confirmations }}, {{ n_per_stride }}) = 0

),

followed as (

    select
        grain,
        as_of_date,
        active_scheme,
        spell_number,
        published_fit_number,
        lag(published_fit_number) over (
            partition by grain order by as_of_date asc
        ) as start_fit_number,
        lag(published_fit_number, 2) over (
            partition by grain order by as_of_date asc
        ) as before_fit_number,
        lag(as_of_date) over (
            partition by grain order by as_of_date asc
        ) as start_date,
        lag(spell_number) over (
            partition by grain order by as_of_date asc
        ) as start_spell_number,
        lag(run_number) over (
            partition by grain order by as_of_date asc
        ) as start_run_number,
        lag(as_of_date, 2) over (
            partition by grain order by as_of_date asc
        ) as before_date,
        lag(spell_number, 2) over (
            partition by grain order by as_of_date asc
        ) as before_spell_number

    from points

),

compared as (

    select
        *,
        {{ segmentation.parts_between(
            'month', 'start_date', 'as_of_date'
        ) }} as n_months

    from followed

)

select
    grain || '|' || cast(as_of_date as {{ dbt.type_string() }}) as segment_period_id,
    grain,
    active_scheme,
    -- the first runs of a scheme cannot have confirmed any move
    start_spell_number = spell_number
    and start_run_number >= {{ n_confirmations }} as is_comparable,
    start_fit_number != published_fit_number as has_refit,
    case
        when
            grain = 'stride'
            and before_spell_number = spell_number
            and before_fit_number = start_fit_number
            then before_date
    end as before_date,
    start_date as period_start_date,
    as_of_date as period_end_date

from compared

where
    start_date is not null
    and (
        grain = 'week'
        or (grain = 'month' and n_months = 1)
        or (grain = 'stride' and start_spell_number = spell_number)
    )
