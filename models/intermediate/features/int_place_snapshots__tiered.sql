-- One row per place (country and state) and snapshot: its tier by customers living
-- there.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

counted as (

    select
        snapshots.as_of_date,
        customers.place,
        count(*) as n_customers

    from snapshots

    inner join customers
        on snapshots.as_of_date >= customers.known_on

    where customers.place is not null

    group by
        snapshots.as_of_date,
        customers.place

),

ranked as (

    -- share of customers in places larger than this one
    select
        as_of_date,
        place,
        1.0 * (
            sum(n_customers) over (
                partition by as_of_date
                order by n_customers desc, place asc
                rows between unbounded preceding and current row
            ) - n_customers
        ) / nullif(sum(n_customers) over (partition by as_of_date), 0) as share_above

    from counted

)

select
    as_of_date,
    place,
    case
        when share_above < 0.5 then 'tier_1'
        when share_above < 0.8 then 'tier_2'
        else 'tier_3'
    end as location_tier

from ranked
