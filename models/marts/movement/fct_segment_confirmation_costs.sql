-- One row per snapshot with a predecessor: what confirming moves cost, and spared.
{% set double = segmentation.type_double() %}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

snapshots as (

    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date asc) as date_1,
        lag(as_of_date, 2) over (order by as_of_date asc) as date_2

    from schedule

),

published as (

    -- who has been erased since has no history any more
    select
        confirmed.as_of_date,
        confirmed.customer_id,
        confirmed.scheme,
        confirmed.segment_id,
        confirmed.scored_segment_id,
        snapshots.date_1,
        snapshots.date_2

    from confirmed

    inner join customers
        on confirmed.customer_id = customers.customer_id

    inner join snapshots
        on confirmed.as_of_date = snapshots.as_of_date

),

followed as (

    -- the two runs before, by the customer's own log
    select
        {% for column in ('as_of_date', 'scheme', 'segment_id', 'scored_segment_id') %}
            {% for runs_ago in (1, 2) %}
                lag({{ column }}, {{ runs_ago }}) over (
                    partition by customer_id order by as_of_date asc
                ) as {{ column }}_{{ runs_ago }},
            {% endfor %}
        {% endfor %}
        *

    from published

),

compared as (

    -- only runs that follow one another on the schedule, under one scheme
    select
        *,
        case when as_of_date_1 = date_1 and scheme_1 = scheme then 1 else 0 end
            as has_before,
        case
            when
                as_of_date_1 = date_1
                and as_of_date_2 = date_2
                and scheme_1 = scheme
                and scheme_2 = scheme
                then 1
            else 0
        end as has_two_before

    from followed

),

dated as (

    -- since when the runs have been agreeing on the segment they score today
    select
        *,
        max(
            case
                when has_before = 0 or scored_segment_id != scored_segment_id_1
                    then as_of_date
            end
        ) over (
            partition by customer_id
            order by as_of_date asc
            rows between unbounded preceding and current row
        ) as scored_since

    from compared

),

marked as (

    select
        as_of_date,
        case when scored_segment_id != scored_segment_id_1 then 1 else 0 end
            as is_scored_move,
        case when segment_id != segment_id_1 then 1 else 0 end as is_published_move,
        case
            when
                has_two_before = 1
                and scored_segment_id_2 = scored_segment_id
                and scored_segment_id_1 != scored_segment_id
                and segment_id_1 != scored_segment_id_1
                then 1
            else 0
        end as is_flip_avoided,
        case
            when
                has_two_before = 1
                and segment_id_2 = segment_id
                and segment_id_1 != segment_id
                then 1
            else 0
        end as is_flip_published,
        case
            when segment_id != segment_id_1
                then {{ segmentation.days_between('scored_since', 'as_of_date') }}
        end as delay_days

    from dated

    where
        has_before = 1
        and scheme != 'prospects'

),

summed as (

    select
        as_of_date,
        count(*) as n_customers,
        sum(is_scored_move) as n_scored_moves,
        sum(is_published_move) as n_published_moves,
        sum(is_flip_avoided) as n_flips_avoided,
        sum(is_flip_published) as n_flips_published,
        sum(delay_days) as delay_days

    from marked

    group by as_of_date

)

select
    -- numerics
    cast(coalesce(summed.n_customers, 0) as {{ dbt.type_bigint() }}) as n_customers,
    cast(coalesce(summed.n_scored_moves, 0) as {{ dbt.type_bigint() }})
        as n_scored_moves,
    cast(coalesce(summed.n_published_moves, 0) as {{ dbt.type_bigint() }})
        as n_published_moves,
    cast(coalesce(summed.n_flips_avoided, 0) as {{ dbt.type_bigint() }})
        as n_flips_avoided,
    cast(coalesce(summed.n_flips_published, 0) as {{ dbt.type_bigint() }})
        as n_flips_published,
    cast(summed.delay_days as {{ double }}) / nullif(summed.n_published_moves, 0)
        as mean_delay_days,
    cast(summed.n_scored_moves as {{ double }}) / nullif(summed.n_customers, 0)
        as scored_switching_rate,
    cast(summed.n_published_moves as {{ double }}) / nullif(summed.n_customers, 0)
        as published_switching_rate,

    -- timestamps
    snapshots.as_of_date

from snapshots

left join summed
    on snapshots.as_of_date = summed.as_of_date

where snapshots.date_1 is not null
