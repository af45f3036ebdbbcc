-- One row per calendar month and segment that its orders and returns belong to: the one
-- that the customer was in on that day.
{% set double = segmentation.type_double() %}
with

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

spells as (

    select * from {{ ref('fct_customer_segment_history') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

visible as (

    -- what stands at the end of the last snapshot, as customers' totals are counted
    select
        days.customer_id,
        days.activity_on,
        days.n_orders,
        days.gross_amount,
        days.discount_amount,
        days.returned_amount,
        cast({{ dbt.date_trunc('month', 'days.activity_on') }} as date)
            as month_start_date,
        cast({{ dbt.date_trunc('month', 'last_snapshot.as_of_date') }} as date)
            as last_month_date,
        last_snapshot.as_of_date

    from days

    inner join customers
        on days.customer_id = customers.customer_id

    inner join last_snapshot
        on
            days.activity_on <= last_snapshot.as_of_date
            and days.voided_on > last_snapshot.as_of_date

    where customers.known_on <= last_snapshot.as_of_date

),

placed as (

    select
        visible.*,
        coalesce(spells.segment_id, 'before_segments') as month_segment_id,
        spells.segment_id

    from visible

    left join spells
        on
            visible.customer_id = spells.customer_id
            and visible.activity_on >= spells.valid_from_date
            and (
                spells.valid_until_date is null
                or visible.activity_on < spells.valid_until_date
            )

),

summed as (

    select
        month_start_date,
        last_month_date,
        as_of_date,
        month_segment_id,
        segment_id,
        count(distinct case when n_orders > 0 then customer_id end)
            as n_ordering_customers,
        sum(n_orders) as n_orders,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(returned_amount) as returned_amount

    from placed

    group by
        month_start_date,
        last_month_date,
        as_of_date,
        month_segment_id,
        segment_id

),

netted as (

    select
        *,
        gross_amount - discount_amount - returned_amount as net_amount

    from summed

)

select
    -- ids
    cast(netted.month_start_date as {{ dbt.type_string() }})
    || '|' || netted.month_segment_id as segment_month_id,
    netted.segment_id,

    -- strings
    coalesce(segments.segment_name, 'Before segments were kept') as month_segment_name,

    -- numerics
    cast(netted.n_ordering_customers as {{ dbt.type_bigint() }})
        as n_ordering_customers,
    cast(netted.n_orders as {{ dbt.type_bigint() }}) as n_orders,
    cast(netted.gross_amount as {{ segmentation.type_money() }}) as gross_amount,
    cast(
        case when recorded.has_discounts then netted.discount_amount end
        as {{ segmentation.type_money() }}
    ) as discount_amount,
    cast(
        case when recorded.has_returns then netted.returned_amount end
        as {{ segmentation.type_money() }}
    ) as returned_amount,
    cast(netted.net_amount as {{ segmentation.type_money() }}) as net_amount,
    cast(netted.net_amount as {{ double }})
    / nullif(
        cast(
            sum(netted.net_amount) over (partition by netted.month_start_date)
            as {{ double }}
        ),
        0
    ) as net_amount_share,

    -- booleans
    netted.month_start_date < netted.last_month_date
    or netted.as_of_date = {{ dbt.last_day('netted.as_of_date', 'month') }}
        as is_whole_month,

    -- timestamps
    netted.month_start_date,
    netted.as_of_date

from netted

cross join recorded

left join segments
    on netted.segment_id = segments.segment_id
