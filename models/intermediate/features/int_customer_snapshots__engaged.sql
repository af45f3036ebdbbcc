-- One row per customer and snapshot: visits, messages, tickets and reviews up to the
-- end of the day.
{{ config(
    enabled=segmentation.connector() != 'customer_summary',
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set counts_90d = [
    'n_sessions', 'n_views', 'n_carts', 'n_cart_sessions', 'n_abandoned_sessions',
    'n_purchase_sessions', 'n_emails_sent', 'n_emails_opened', 'n_emails_clicked'
] %}
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

customers as (

    select * from {{ ref('int_customers__known') }}

),

days as (

    select * from {{ ref('int_customer_days__engaged') }}

),

service_days as (

    select
        customer_id,
        activity_on,
        n_tickets,
        n_complaints,
        n_reviews,
        rating_sum
    from {{ ref('int_customer_days__engaged') }}
    where n_tickets > 0 or n_reviews > 0

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

known as (

    select
        snapshots.as_of_date,
        customers.customer_id

    from snapshots

    inner join customers
        on snapshots.as_of_date >= customers.known_on

),

available as (

    {{ segmentation.seen_events('snapshots', 'days') }}

),

counted as (

    -- only the days in the longest window: most of the history is in none
    select
        snapshots.as_of_date,
        days.customer_id,
        {% for count in counts_90d %}
            sum(days.{{ count }}) as {{ count }}_90d,
        {% endfor %}
        sum(
            case
                when days.activity_on > {{ segmentation.dateadd_days(
                    -30, 'snapshots.as_of_date'
                ) }}
                    then days.n_sessions
                else 0
            end
        ) as n_sessions_30d

    from snapshots

    inner join days
        on
            snapshots.as_of_date >= days.activity_on
            and {{ segmentation.dateadd_days(-90, 'snapshots.as_of_date') }}
            < days.activity_on

    group by
        snapshots.as_of_date,
        days.customer_id

),

visible_service_days as (

    select
        snapshots.as_of_date,
        service_days.*,
        {{ segmentation.days_between(
            'service_days.activity_on', 'snapshots.as_of_date'
        ) }} as days_ago

    from snapshots

    inner join service_days
        on snapshots.as_of_date >= service_days.activity_on

),

serviced as (

    select
        as_of_date,
        customer_id,
        sum(case when days_ago < 365 then n_tickets else 0 end) as n_tickets_365d,
        sum(case when days_ago < 365 then n_complaints else 0 end) as n_complaints_365d,
        sum(n_reviews) as n_reviews,
        sum(rating_sum) as rating_sum

    from visible_service_days

    group by
        as_of_date,
        customer_id

),

visited as (

    {{ segmentation.last_visits('snapshots', 'days') }}

)

select
    known.as_of_date,
    known.customer_id,
    visited.last_visited_on,
    {% for count in counts_90d %}
        cast(
            case
                when available.has_{{ 'email' if 'email' in count else 'web' }}
                    then coalesce(counted.{{ count }}_90d, 0)
            end as {{ dbt.type_bigint() }}
        ) as {{ count }}_90d,
    {% endfor %}
    cast(
        case when available.has_web then coalesce(counted.n_sessions_30d, 0) end
        as {{ dbt.type_bigint() }}
    ) as n_sessions_30d,
    cast(
        case when available.has_tickets then coalesce(serviced.n_tickets_365d, 0) end
        as {{ dbt.type_bigint() }}
    ) as n_tickets_365d,
    cast(
        case
            when available.has_tickets and recorded.has_complaints
                then coalesce(serviced.n_complaints_365d, 0)
        end as {{ dbt.type_bigint() }}
    ) as n_complaints_365d,
    cast(
        case when available.has_reviews then coalesce(serviced.n_reviews, 0) end
        as {{ dbt.type_bigint() }}
    ) as n_reviews,
    serviced.rating_sum / nullif(serviced.n_reviews, 0) as mean_rating

from known

cross join recorded

inner join available
    on known.as_of_date = available.as_of_date

left join counted
    on
        known.as_of_date = counted.as_of_date
        and known.customer_id = counted.customer_id

left join serviced
    on
        known.as_of_date = serviced.as_of_date
        and known.customer_id = serviced.customer_id

left join visited
    on
        known.as_of_date = visited.as_of_date
        and known.customer_id = visited.customer_id
