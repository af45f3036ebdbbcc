-- One row per snapshot and segment that had customers then or at the snapshot before.
{% set double = segmentation.type_double() %}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

published_dates as (

    select distinct as_of_date
    from confirmed

),

snapshots as (

    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date asc) as before_date

    from published_dates

),

published as (

    -- who has been erased since has no history any more
    select
        confirmed.as_of_date,
        confirmed.customer_id,
        confirmed.segment_id,
        features.net_amount,
        features.net_amount_30d

    from confirmed

    inner join customers
        on confirmed.customer_id = customers.customer_id

    left join features
        on
            confirmed.as_of_date = features.as_of_date
            and confirmed.customer_id = features.customer_id

),

counted as (

    select
        snapshots.as_of_date,
        published.segment_id,
        count(*) as n_customers,
        sum(case when befores.customer_id is null then 1 else 0 end)
            as n_customers_new,
        coalesce(sum(published.net_amount), 0) as net_amount,
        coalesce(sum(published.net_amount_30d), 0) as net_amount_30d

    from snapshots

    inner join published
        on snapshots.as_of_date = published.as_of_date

    left join published as befores
        on
            snapshots.before_date = befores.as_of_date
            and published.customer_id = befores.customer_id

    group by
        snapshots.as_of_date,
        published.segment_id

),

emptied as (

    -- a segment that everybody left has one last row, of nobody
    select
        snapshots.as_of_date,
        befores.segment_id

    from snapshots

    inner join counted as befores
        on snapshots.before_date = befores.as_of_date

    left join counted as nows
        on
            snapshots.as_of_date = nows.as_of_date
            and befores.segment_id = nows.segment_id

    where nows.segment_id is null

),

filled as (

    select
        as_of_date,
        segment_id,
        n_customers,
        n_customers_new,
        net_amount,
        net_amount_30d
    from counted

    union all

    select
        as_of_date,
        segment_id,
        0 as n_customers,
        0 as n_customers_new,
        0 as net_amount,
        0 as net_amount_30d
    from emptied

),

totals as (

    select
        as_of_date,
        sum(n_customers) as n_customers,
        sum(net_amount) as net_amount,
        sum(net_amount_30d) as net_amount_30d

    from counted

    group by as_of_date

),

shared as (

    select
        filled.as_of_date,
        filled.segment_id,
        filled.n_customers,
        filled.n_customers_new,
        filled.net_amount,
        filled.net_amount_30d,
        totals.n_customers as n_known_customers,
        cast(filled.n_customers as {{ double }}) / nullif(totals.n_customers, 0)
            as customer_share,
        cast(filled.net_amount as {{ double }})
        / nullif(cast(totals.net_amount as {{ double }}), 0) as net_amount_share,
        cast(filled.net_amount_30d as {{ double }})
        / nullif(cast(totals.net_amount_30d as {{ double }}), 0)
            as net_amount_30d_share

    from filled

    inner join totals
        on filled.as_of_date = totals.as_of_date

),

dated as (

    -- whether there was a snapshot before to compare with, and its customers
    select
        snapshots.as_of_date,
        snapshots.before_date

    from snapshots

    inner join totals
        on snapshots.before_date = totals.as_of_date

)

select
    -- ids
    cast(shared.as_of_date as {{ dbt.type_string() }}) || '|' || shared.segment_id
        as segment_trend_id,
    shared.segment_id,

    -- numerics
    cast(shared.n_customers as {{ dbt.type_bigint() }}) as n_customers,
    case
        when dated.before_date is not null
            then
                cast(
                    shared.n_customers - coalesce(befores.n_customers, 0)
                    as {{ dbt.type_bigint() }}
                )
    end as n_customers_change,
    case
        when dated.before_date is not null
            then cast(shared.n_customers_new as {{ dbt.type_bigint() }})
    end as n_customers_new,
    shared.customer_share,
    {{ segmentation.wilson_bound(
        'shared.n_customers', 'shared.n_known_customers', 'lower'
    ) }} as lower_bound,
    {{ segmentation.wilson_bound(
        'shared.n_customers', 'shared.n_known_customers', 'upper'
    ) }} as upper_bound,
    case
        when dated.before_date is not null
            then shared.customer_share - coalesce(befores.customer_share, 0)
    end as customer_share_change,
    cast(shared.net_amount as {{ segmentation.type_money() }}) as net_amount,
    shared.net_amount_share,
    cast(shared.net_amount_30d as {{ segmentation.type_money() }}) as net_amount_30d,
    shared.net_amount_30d_share,

    -- timestamps
    shared.as_of_date

from shared

left join dated
    on shared.as_of_date = dated.as_of_date

left join shared as befores
    on
        dated.before_date = befores.as_of_date
        and shared.segment_id = befores.segment_id
