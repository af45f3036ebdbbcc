-- One row per customer and snapshot date.
{{ config(
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
{% set components = [
    'n_sessions', 'n_views', 'n_carts', 'n_emails_opened', 'n_emails_clicked'
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

weights as (

    select * from {{ segmentation.ref_seed('engagement_weights') }}

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

first_events as (

    -- a kind of event that a snapshot has never seen is unavailable, not zero
    select
        min(case when n_sessions > 0 then activity_on end) as first_session_on,
        min(case when n_emails_sent > 0 then activity_on end) as first_email_on,
        min(case when n_tickets > 0 then activity_on end) as first_ticket_on,
        min(case when n_reviews > 0 then activity_on end) as first_review_on

    from days

),

available as (

    select
        snapshots.as_of_date,
        coalesce(first_events.first_session_on <= snapshots.as_of_date, false)
            as has_web,
        coalesce(first_events.first_email_on <= snapshots.as_of_date, false)
            as has_email,
        coalesce(first_events.first_ticket_on <= snapshots.as_of_date, false)
            as has_tickets,
        coalesce(first_events.first_review_on <= snapshots.as_of_date, false)
            as has_reviews

    from snapshots

    cross join first_events

),

visible as (

    select
        snapshots.as_of_date,
        days.*,
        {{ segmentation.days_between('days.activity_on', 'snapshots.as_of_date') }}
            as days_ago

    from snapshots

    inner join days
        on snapshots.as_of_date >= days.activity_on

),

aggregated as (

    select
        as_of_date,
        customer_id,
        max(case when n_sessions > 0 then activity_on end) as last_visited_on,
        {% for count in counts_90d %}
            sum(case when days_ago < 90 then {{ count }} else 0 end) as {{ count }}_90d,
        {% endfor %}
        sum(case when days_ago < 30 then n_sessions else 0 end) as n_sessions_30d,
        sum(case when days_ago < 365 then n_tickets else 0 end) as n_tickets_365d,
        sum(case when days_ago < 365 then n_complaints else 0 end) as n_complaints_365d,
        sum(n_reviews) as n_reviews,
        sum(rating_sum) as rating_sum

    from visible

    group by
        as_of_date,
        customer_id

),

joined as (

    select
        known.as_of_date,
        known.customer_id,
        available.has_web,
        available.has_email,
        aggregated.last_visited_on,
        {% for count in counts_90d %}
            case
                when available.has_{{ 'email' if 'email' in count else 'web' }}
                    then coalesce(aggregated.{{ count }}_90d, 0)
            end as {{ count }}_90d,
        {% endfor %}
        case when available.has_web then coalesce(aggregated.n_sessions_30d, 0) end
            as n_sessions_30d,
        case when available.has_tickets then coalesce(aggregated.n_tickets_365d, 0) end
            as n_tickets_365d,
        case
            when available.has_tickets then coalesce(aggregated.n_complaints_365d, 0)
        end as n_complaints_365d,
        case when available.has_reviews then coalesce(aggregated.n_reviews, 0) end
            as n_reviews,
        aggregated.rating_sum / nullif(aggregated.n_reviews, 0) as mean_rating

    from known

    inner join available
        on known.as_of_date = available.as_of_date

    left join aggregated
        on
            known.as_of_date = aggregated.as_of_date
            and known.customer_id = aggregated.customer_id

),

wide_weights as (

    -- one row: weight and ceiling of each component
    select
        {% for component in components %}
            max(case when component = '{{ component }}_90d' then weight end)
                as {{ component }}_weight,
            max(case when component = '{{ component }}_90d' then ceiling end)
                as {{ component }}_ceiling,
        {% endfor %}
        count(*) as n_components

    from weights

),

scored as (

    -- a component counts in proportion up to its ceiling; those that are unavailable
    -- leave their weight to the others
    select
        joined.*,
        100 * (
            {% for component in components %}
                coalesce(
                    wide_weights.{{ component }}_weight
                    * case
                        when
                            joined.{{ component }}_90d
                            >= wide_weights.{{ component }}_ceiling
                            then 1.0
                        else
                            1.0 * joined.{{ component }}_90d
                            / nullif(wide_weights.{{ component }}_ceiling, 0)
                    end,
                    0
                ){{ " +" if not loop.last }}
            {% endfor %}
        ) / nullif(
            {% for component in components %}
                case
                    when joined.{{ component }}_90d is not null
                        then wide_weights.{{ component }}_weight
                    else 0
                end{{ " +" if not loop.last }}
            {% endfor %},
            0
        ) as engagement_score

    from joined

    cross join wide_weights

)

select
    -- ids
    as_of_date,
    customer_id,

    -- numerics
    {% for count in counts_90d %}
        cast({{ count }}_90d as {{ dbt.type_bigint() }}) as {{ count }}_90d,
    {% endfor %}
    cast(n_sessions_30d as {{ dbt.type_bigint() }}) as n_sessions_30d,
    1.0 * n_abandoned_sessions_90d / nullif(n_cart_sessions_90d, 0)
        as cart_abandonment_rate_90d,
    1.0 * n_purchase_sessions_90d / nullif(n_sessions_90d, 0) as conversion_rate_90d,
    1.0 * n_emails_opened_90d / nullif(n_emails_sent_90d, 0) as open_rate_90d,
    1.0 * n_emails_clicked_90d / nullif(n_emails_sent_90d, 0) as click_rate_90d,
    cast(n_tickets_365d as {{ dbt.type_bigint() }}) as n_tickets_365d,
    cast(n_complaints_365d as {{ dbt.type_bigint() }}) as n_complaints_365d,
    cast(n_reviews as {{ dbt.type_bigint() }}) as n_reviews,
    mean_rating,
    case
        when last_visited_on is not null
            then {{ segmentation.days_between('last_visited_on', 'as_of_date') }}
    end as days_since_last_visit,
    engagement_score

from scored
