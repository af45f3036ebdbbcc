-- One row per customer and stretch of time in a segment.
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

spells as (

    -- who has been erased since has no history any more
    select
        confirmed.customer_id,
        confirmed.segment_id,
        confirmed.segment_since,
        min(confirmed.previous_segment_id) as previous_segment_id,
        count(*) as n_snapshots

    from confirmed

    inner join customers
        on confirmed.customer_id = customers.customer_id

    group by
        confirmed.customer_id,
        confirmed.segment_id,
        confirmed.segment_since

)

select
    -- ids
    customer_id || '|' || cast(segment_since as {{ dbt.type_string() }})
        as customer_segment_spell_id,
    customer_id,
    segment_id,
    previous_segment_id,

    -- numerics
    n_snapshots,

    -- booleans
    lead(segment_since) over (
        partition by customer_id order by segment_since asc
    ) is null as is_current,

    -- timestamps
    segment_since as valid_from_date,
    lead(segment_since) over (
        partition by customer_id order by segment_since asc
    ) as valid_until_date

from spells
