-- One row per customer and snapshot: age, and the tier of the place by the customers
-- who live there.
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
    {{ segmentation.where_snapshot_can_be_made(this) }}

),

known as (

    select
        snapshots.as_of_date,
        customers.customer_id,
        customers.birth_date,
        customers.age,
        customers.place

    from snapshots

    inner join customers
        on snapshots.as_of_date >= customers.known_on

),

counted as (

    select
        as_of_date,
        place,
        count(*) as n_customers

    from known

    where place is not null

    group by
        as_of_date,
        place

),

ranked as (

    -- share of customers in places larger than this one
    select
        as_of_date,
        place,
        1.0e0 * (
            sum(n_customers) over (
                partition by as_of_date
                order by n_customers desc, place asc
                rows between unbounded preceding and current row
            ) - n_customers
        ) / nullif(sum(n_customers) over (partition by as_of_date), 0) as share_above

    from counted

),

tiered as (

    select
        as_of_date,
        place,
        case
            when share_above < 0.5 then 'tier_1'
            when share_above < 0.8 then 'tier_2'
            else 'tier_3'
        end as location_tier

    from ranked

)

select
    known.as_of_date,
    known.customer_id,
    tiered.location_tier,
    cast(
        coalesce(
            floor(
                {{ segmentation.days_between('known.birth_date', 'known.as_of_date') }}
                / 365.25e0
            ),
            known.age
        ) as {{ dbt.type_int() }}
    ) as age_years

from known

left join tiered
    on
        known.as_of_date = tiered.as_of_date
        and known.place = tiered.place
