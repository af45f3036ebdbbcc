-- One row per age and customer seen at it: the segment published at the first snapshot
-- on or after that day, and less than one snapshot interval later.
{% set interval_days = var('segmentation_snapshot_interval_days') | int %}
with

described as (

    select * from {{ ref('int_customer_first_orders__described') }}

),

schedule as (

    select * from {{ ref('int_early_segment_horizons__scheduled') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

reached as (

    select
        described.customer_id,
        schedule.score_name,
        schedule.horizon_days,
        schedule.as_of_date,
        row_number() over (
            partition by described.customer_id, schedule.horizon_days
            order by schedule.as_of_date asc
        ) as snapshot_number

    from described

    inner join schedule
        on
            schedule.as_of_date >= {{ segmentation.dateadd_days(
                'schedule.horizon_days', 'described.first_ordered_on'
            ) }}
            and schedule.as_of_date < {{ segmentation.dateadd_days(
                'schedule.horizon_days + ' ~ interval_days, 'described.first_ordered_on'
            ) }}

)

select
    reached.score_name,
    reached.horizon_days,
    reached.customer_id,
    reached.as_of_date,
    confirmed.segment_id,
    confirmed.scheme

from reached

inner join confirmed
    on
        reached.customer_id = confirmed.customer_id
        and reached.as_of_date = confirmed.as_of_date

where reached.snapshot_number = 1
