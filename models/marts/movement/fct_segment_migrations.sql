-- One row per period and pair of segments that somebody went between, or stayed in.
with

transitions as (

    select * from {{ ref('int_segment_transitions__counted') }}

),

migrations as (

    select
        segment_period_id,
        grain,
        from_segment_id,
        to_segment_id,
        is_comparable,
        has_refit,
        period_start_date,
        period_end_date,
        sum(n_customers) as n_customers

    from transitions

    where grain in ('week', 'month')

    group by
        segment_period_id,
        grain,
        from_segment_id,
        to_segment_id,
        is_comparable,
        has_refit,
        period_start_date,
        period_end_date

),

compared as (

    select
        *,
        sum(n_customers) over (
            partition by segment_period_id, from_segment_id
        ) as n_from

    from migrations

)

select
    -- ids
    segment_period_id || '|' || from_segment_id || '|' || to_segment_id
        as segment_migration_id,
    from_segment_id,
    to_segment_id,

    -- strings
    grain,

    -- numerics
    cast(n_customers as {{ dbt.type_bigint() }}) as n_customers,
    cast(n_from as {{ dbt.type_bigint() }}) as n_from,
    cast(n_customers as {{ segmentation.type_double() }}) / nullif(n_from, 0)
        as migration_rate,
    {{ segmentation.wilson_bound('n_customers', 'n_from', 'lower') }} as lower_bound,
    {{ segmentation.wilson_bound('n_customers', 'n_from', 'upper') }} as upper_bound,

    -- booleans
    from_segment_id = to_segment_id as is_stay,
    is_comparable,
    has_refit,

    -- timestamps
    period_start_date,
    period_end_date

from compared
