-- A segment's change in a week is who came less who left, plus who is new. Not where
-- the scheme changed, since customers whom another scheme put there did not migrate.
{% call segmentation.if_all_are_built() %}
with

trends as (

    select * from {{ ref('fct_segment_trends') }}

),

migrations as (

    select * from {{ ref('fct_segment_migrations') }}

),

weeks as (

    select
        period_end_date,
        max(case when is_comparable then 1 else 0 end) as is_comparable

    from migrations

    where grain = 'week'

    group by period_end_date

),

arrivals as (

    select
        period_end_date,
        to_segment_id,
        sum(n_customers) as n_customers

    from migrations

    where
        grain = 'week'
        and not is_stay

    group by period_end_date, to_segment_id

),

departures as (

    select
        period_end_date,
        from_segment_id,
        sum(n_customers) as n_customers

    from migrations

    where
        grain = 'week'
        and not is_stay

    group by period_end_date, from_segment_id

)

select
    trends.as_of_date,
    trends.segment_id,
    trends.n_customers_change,
    arrivals.n_customers as n_arrived,
    departures.n_customers as n_departed,
    trends.n_customers_new

from trends

inner join weeks
    on trends.as_of_date = weeks.period_end_date

left join arrivals
    on
        trends.as_of_date = arrivals.period_end_date
        and trends.segment_id = arrivals.to_segment_id

left join departures
    on
        trends.as_of_date = departures.period_end_date
        and trends.segment_id = departures.from_segment_id

where
    weeks.is_comparable = 1
    and trends.n_customers_change
    != coalesce(arrivals.n_customers, 0)
    - coalesce(departures.n_customers, 0)
    + trends.n_customers_new

{% endcall %}
