-- One row per score and day that customers are described on: the published snapshots,
-- and days further back to learn from, whose outcome was known by the first snapshot.
{% set churn_days = var('segmentation_churn_horizon_days') | int %}
{% set value_horizons = segmentation.value_horizons() %}
{% set days_before = segmentation.days_before_first_slice() %}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

order_history as (

    select * from {{ ref('int_order_history__bounded') }}

),

first_snapshot as (

    select min(as_of_date) as as_of_date
    from schedule

),

span as (

    select
        first_snapshot.as_of_date as first_as_of_date,
        {{ segmentation.dateadd_days(
            days_before, 'order_history.history_starts_on'
        ) }} as first_slice_on

    from first_snapshot

    cross join order_history

),

horizons as (

    select
        'repurchase' as score_name,
        {{ churn_days }} as horizon_days,
        first_as_of_date,
        first_slice_on

    from span

    union all

    -- the longest horizon with a slice to learn from and one to judge by
    select
        'value' as score_name,
        case
            {% for days in value_horizons %}
                when
                    first_slice_on <= {{ segmentation.dateadd_days(
                        -segmentation.days_back_to_learn(days), 'first_as_of_date'
                    ) }}
                    then {{ days }}
            {% endfor %}
            else {{ value_horizons | last }}
        end as horizon_days,
        first_as_of_date,
        first_slice_on

    from span

),

steps as (

    {% for days in ([churn_days] + value_horizons) | unique %}
        {% set outer_loop = loop %}
        {% for days_back in segmentation.slice_days_back(days) %}
            select
                {{ days }} as horizon_days,
                {{ days_back }} as days_back
            {% if not (loop.last and outer_loop.last) %}union all{% endif %}
        {% endfor %}
    {% endfor %}

),

past as (

    select
        horizons.score_name,
        horizons.horizon_days,
        horizons.first_slice_on,
        {{ segmentation.dateadd_days(
            '-steps.days_back', 'horizons.first_as_of_date'
        ) }} as as_of_date

    from horizons

    inner join steps
        on horizons.horizon_days = steps.horizon_days

)

select
    score_name,
    horizon_days,
    as_of_date,
    false as is_published

from past

where as_of_date >= first_slice_on

union all

select
    horizons.score_name,
    horizons.horizon_days,
    schedule.as_of_date,
    true as is_published

from schedule

cross join horizons
