-- dim_days holds a limited number of days; a snapshot after them would be in no metric
-- that is laid out on days.
select snapshots.as_of_date

from {{ ref('int_snapshots__scheduled') }} as snapshots

left join {{ ref('dim_days') }} as days
    on snapshots.as_of_date = days.calendar_date

where days.calendar_date is null
