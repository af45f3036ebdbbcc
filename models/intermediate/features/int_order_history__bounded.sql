-- One row: the day from which on the shop's orders say what is usual, and the days of
-- the first and the last order. A few orders long before the others (a date mistyped, a
-- system moved) are no history: what lies before a gap of a quarter and is less than a
-- twentieth of the orders is left out of it. The orders themselves stay.
{# what came after a given day is not known on it #}
{% set as_of_date = var('segmentation_as_of_date') %}
{% set known_until = "cast('" ~ as_of_date ~ "' as date)" if as_of_date
    else segmentation.end_of_time() %}
{% set longest_gap_days = 90 %}
{% set least_share = '0.05e0' %}
with

orders as (

    select * from {{ ref('int_orders__priced') }}

),

order_days as (

    select
        ordered_on,
        count(*) as n_orders

    from orders

    where
        treatment != 'refund'
        and ordered_on <= {{ known_until }}

    group by ordered_on

),

counted as (

    select
        ordered_on,
        lag(ordered_on) over (order by ordered_on asc) as previous_ordered_on,
        sum(n_orders) over (
            order by ordered_on asc
            rows between unbounded preceding and current row
        ) - n_orders as n_orders_before,
        sum(n_orders) over () as n_orders_in_all

    from order_days

),

beginnings as (

    select
        ordered_on,
        coalesce(
            {{ segmentation.days_between('previous_ordered_on', 'ordered_on') }}
            > {{ longest_gap_days }}
            and n_orders_before < {{ least_share }} * n_orders_in_all,
            true
        ) as is_beginning

    from counted

)

select
    max(case when is_beginning then ordered_on end) as history_starts_on,
    min(ordered_on) as first_ordered_on,
    max(ordered_on) as last_ordered_on

from beginnings
