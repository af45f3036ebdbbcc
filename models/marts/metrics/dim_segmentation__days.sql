-- One row per day from the first snapshot to the last, which metrics are laid out on.
{% set digits = range(10) %}
with

snapshots as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

span as (

    select
        min(as_of_date) as first_date,
        max(as_of_date) as last_date

    from snapshots

),

digits as (

    {% for digit in digits %}
        select {{ digit }} as digit
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

day_numbers as (

    -- 0 to 9999: 27 years of snapshots
    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit
            as day_number

    from digits as ones

    cross join digits as tens

    cross join digits as hundreds

    cross join digits as thousands

),

days as (

    select
        {{ segmentation.dateadd_days('day_numbers.day_number', 'span.first_date') }}
            as calendar_date,
        span.last_date

    from day_numbers

    cross join span

)

select calendar_date

from days

where calendar_date <= last_date
