-- The migrations and stays of a week are all customers who were known, and not erased
-- since, at both its snapshots under one scheme; each once.
{% call segmentation.if_all_are_built() %}
with

migrations as (

    select * from {{ ref('fct_segment_migrations') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

weeks as (

    select
        as_of_date as period_end_date,
        lag(as_of_date) over (order by as_of_date asc) as period_start_date

    from schedule

),

counted as (

    select
        period_end_date,
        sum(n_customers) as n_customers

    from migrations

    where grain = 'week'

    group by period_end_date

),

expected as (

    select
        weeks.period_end_date,
        count(*) as n_customers

    from weeks

    inner join confirmed as befores
        on weeks.period_start_date = befores.as_of_date

    inner join confirmed as nows
        on
            weeks.period_end_date = nows.as_of_date
            and befores.customer_id = nows.customer_id

    inner join customers
        on befores.customer_id = customers.customer_id

    where
        befores.scheme = nows.scheme
        or 'prospects' in (befores.scheme, nows.scheme)

    group by weeks.period_end_date

)

select
    coalesce(counted.period_end_date, expected.period_end_date) as period_end_date,
    counted.n_customers,
    expected.n_customers as n_customers_expected

from counted

full outer join expected
    on counted.period_end_date = expected.period_end_date

where coalesce(counted.n_customers, 0) != coalesce(expected.n_customers, 0)

{% endcall %}
