-- One row per age that a segment is predicted for, and published snapshot, with what
-- customers were segmented by at it.
{% set horizons = [90, 180] %}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

snapshots as (

    select
        as_of_date,
        coalesce(max(case when scheme != 'prospects' then scheme end), 'prospects')
            as active_scheme

    from confirmed

    group by as_of_date

),

horizons as (

    {% for horizon_days in horizons %}
        select {{ horizon_days }} as horizon_days
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    'early_segment_' || cast(horizons.horizon_days as {{ dbt.type_string() }})
        as score_name,
    horizons.horizon_days,
    snapshots.as_of_date,
    snapshots.active_scheme

from snapshots

cross join horizons
