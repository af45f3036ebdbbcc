-- One row per period, group of customers, and segments before, at the start and at the
-- end of the period.
with

periods as (

    select * from {{ ref('int_segment_periods__scheduled') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

rfm as (

    select * from {{ ref('fct_customer_rfm') }}

),

published as (

    -- who has been erased since has no history any more
    select
        confirmed.as_of_date,
        confirmed.customer_id,
        confirmed.segment_id,
        confirmed.scheme,
        rfm.monetary_amount as net_amount

    from confirmed

    inner join customers
        on confirmed.customer_id = customers.customer_id

    left join rfm
        on
            confirmed.as_of_date = rfm.as_of_date
            and confirmed.customer_id = rfm.customer_id

),

starts as (

    select
        periods.segment_period_id,
        periods.grain,
        periods.active_scheme,
        periods.is_comparable,
        periods.has_refit,
        periods.before_date,
        periods.period_start_date,
        periods.period_end_date,
        published.customer_id,
        published.segment_id,
        published.scheme,
        published.net_amount

    from periods

    inner join published
        on periods.period_start_date = published.as_of_date

),

pairs as (

    -- a change of scheme is no migration: only the shop's ruler changed
    select
        starts.segment_period_id,
        starts.grain,
        starts.active_scheme,
        starts.is_comparable,
        starts.has_refit,
        starts.period_start_date,
        starts.period_end_date,
        cast(
            floor(
                40 * {{ segmentation.hash_unit(dbt.hash('starts.customer_id')) }}
            ) as {{ dbt.type_int() }}
        ) as customer_group,
        case
            when
                befores.scheme = starts.scheme
                or befores.scheme = 'prospects'
                or starts.scheme = 'prospects'
                then befores.segment_id
        end as before_segment_id,
        starts.segment_id as from_segment_id,
        ends.segment_id as to_segment_id,
        ends.net_amount - starts.net_amount as net_amount

    from starts

    inner join published as ends
        on
            starts.period_end_date = ends.as_of_date
            and starts.customer_id = ends.customer_id

    left join published as befores
        on
            starts.before_date = befores.as_of_date
            and starts.customer_id = befores.customer_id

    where
        starts.scheme = ends.scheme
        or starts.scheme = 'prospects'
        or ends.scheme = 'prospects'

)

select
    segment_period_id
    || '|' || cast(customer_group as {{ dbt.type_string() }})
    || '|' || coalesce(before_segment_id, '')
    || '|' || from_segment_id
    || '|' || to_segment_id as segment_transition_id,
    segment_period_id,
    grain,
    active_scheme,
    before_segment_id,
    from_segment_id,
    to_segment_id,
    customer_group,
    count(*) as n_customers,
    count(net_amount) as n_valued_customers,
    cast(coalesce(sum(net_amount), 0) as {{ segmentation.type_money() }})
        as period_net_amount,
    is_comparable,
    has_refit,
    period_start_date,
    period_end_date

from pairs

group by
    segment_period_id,
    grain,
    active_scheme,
    before_segment_id,
    from_segment_id,
    to_segment_id,
    customer_group,
    is_comparable,
    has_refit,
    period_start_date,
    period_end_date
