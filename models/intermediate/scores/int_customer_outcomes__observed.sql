-- One row per score, slice whose window has closed, and customer who did something
-- in it: from the day after the slice's to the end of the horizon, as known at that
-- end. Customers without a row did nothing.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key('closed_on'),
    partition_by=segmentation.snapshot_partition('closed_on'),
    on_schema_change='fail'
) }}
with

schedule as (

    select * from {{ ref('int_slices__scheduled') }}

),

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

windows as (

    select
        score_name,
        horizon_days,
        as_of_date,
        {{ segmentation.dateadd_days('horizon_days', 'as_of_date') }} as closed_on

    from schedule

),

last_slice as (

    select max(as_of_date) as as_of_date
    from schedule

),

closed as (

    select windows.*

    from windows

    inner join last_slice
        on windows.closed_on <= last_slice.as_of_date

    {% if is_incremental() %}
        where
            windows.closed_on >= (select max(known.closed_on) from {{ this }} as known)
            -- another horizon has windows that closed long ago
            or windows.closed_on in (
                select missing.closed_on
                from windows as missing
                left join {{ this }} as observed
                    on
                        missing.score_name = observed.score_name
                        and missing.horizon_days = observed.horizon_days
                        and missing.as_of_date = observed.as_of_date
                where observed.customer_id is null
            )
    {% endif %}

)

select
    closed.score_name,
    closed.horizon_days,
    closed.as_of_date,
    closed.closed_on,
    days.customer_id,
    cast(sum(days.n_orders) as {{ dbt.type_bigint() }}) as n_orders,
    cast(
        sum(days.gross_amount - days.discount_amount - days.returned_amount)
        as {{ segmentation.type_money() }}
    ) as net_amount

from closed

inner join days
    on
        closed.as_of_date < days.activity_on
        and closed.closed_on >= days.activity_on
        and closed.closed_on < days.voided_on

group by
    closed.score_name,
    closed.horizon_days,
    closed.as_of_date,
    closed.closed_on,
    days.customer_id
