-- One row per slice and customer with an order by then: what scores may read, as it was
-- known at the end of the slice's day.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
{% set bigint = dbt.type_bigint() %}
{% set windows = [90, 180, 365] %}
{# what was done lately, by what must have been seen for it to be known #}
{% set counts_90d = {
    'sessions': 'has_web', 'carts': 'has_web',
    'emails_opened': 'has_email', 'emails_clicked': 'has_email',
} %}
{% set ordered_days_ago = segmentation.days_between(
    'days.activity_on', 'slices.as_of_date'
) %}
with

schedule as (

    select * from {{ ref('int_slices__scheduled') }}

),

days as (

    select * from {{ ref('int_customer_days__dated') }}

),

engaged_days as (

    select * from {{ ref('int_customer_days__engaged') }}

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

slices as (

    select distinct as_of_date
    from schedule

    {% if is_incremental() %}
        where
            as_of_date >= (select max(known.as_of_date) from {{ this }} as known)
            -- another horizon asks for other days of the past
            or as_of_date not in (select known.as_of_date from {{ this }} as known)
    {% endif %}

),

visible as (

    -- nothing that happened after the slice's day, nothing voided by its end
    select
        slices.as_of_date,
        days.customer_id,
        {{ ordered_days_ago }} as days_ago,
        -- one row of those that stand counts for their day, and one for their week
        coalesce(days.same_day_voided_on <= slices.as_of_date, true) as is_day_counted,
        coalesce(days.same_week_voided_on <= slices.as_of_date, true)
            as is_week_counted,
        days.n_orders,
        days.n_lines,
        days.gross_amount + days.markdown_amount as listed,
        days.discount_amount + days.markdown_amount as saved,
        days.gross_amount - days.discount_amount as paid,
        days.returned_amount as returned,
        days.gross_amount - days.discount_amount - days.returned_amount as net_amount

    from slices

    inner join days
        on
            slices.as_of_date >= days.activity_on
            and slices.as_of_date < days.voided_on

),

ordered as (

    select
        as_of_date,
        customer_id,
        min(case when n_orders > 0 then days_ago end) as recency_days,
        max(case when n_orders > 0 then days_ago end) as tenure_days,
        sum(n_orders) as n_orders,
        sum(
            case when n_orders > 0 and is_day_counted then 1 else 0 end
        ) as n_order_days,
        sum(
            case when n_orders > 0 and is_week_counted then 1 else 0 end
        ) as n_order_weeks,
        sum(n_lines) as n_lines,
        sum(net_amount) as net_amount,
        sum(case when days_ago < 90 then n_orders else 0 end) as n_orders_90d,
        {% for window in windows %}
            sum(case when days_ago < {{ window }} then net_amount else 0 end)
                as net_amount_{{ window }}d,
        {% endfor %}
        -- money is summed before it is cast: sums of doubles vary with their order
        cast(sum(listed) as {{ double }}) as listed,
        cast(sum(saved) as {{ double }}) as saved,
        cast(sum(paid) as {{ double }}) as paid,
        cast(sum(returned) as {{ double }}) as returned

    from visible

    group by
        as_of_date,
        customer_id

    having sum(n_orders) > 0

),

available as (

    {{ segmentation.seen_events('slices', 'engaged_days') }}

),

visited as (

    {{ segmentation.last_visits('slices', 'engaged_days') }}

),

activities as (

    -- each kind in its own window: few days have a complaint, and the last visit may be
    -- any time ago
    select
        slices.as_of_date,
        engaged_days.customer_id,
        {% for name in counts_90d %}
            engaged_days.n_{{ name }},
        {% endfor %}
        0 as n_complaints,
        cast(null as date) as last_visited_on
    from slices
    inner join engaged_days
        on
            slices.as_of_date >= engaged_days.activity_on
            and engaged_days.activity_on
            > {{ segmentation.dateadd_days(-90, 'slices.as_of_date') }}

    union all

    select
        slices.as_of_date,
        engaged_days.customer_id,
        {% for name in counts_90d %}
            0 as n_{{ name }},
        {% endfor %}
        engaged_days.n_complaints,
        cast(null as date) as last_visited_on
    from slices
    inner join engaged_days
        on
            slices.as_of_date >= engaged_days.activity_on
            and engaged_days.activity_on
            > {{ segmentation.dateadd_days(-365, 'slices.as_of_date') }}
    where engaged_days.n_complaints > 0

    union all

    select
        as_of_date,
        customer_id,
        {% for name in counts_90d %}
            0 as n_{{ name }},
        {% endfor %}
        0 as n_complaints,
        last_visited_on
    from visited

),

engaged as (

    select
        as_of_date,
        customer_id,
        {% for name in counts_90d %}
            sum(n_{{ name }}) as n_{{ name }}_90d,
        {% endfor %}
        sum(n_complaints) as n_complaints_365d,
        max(last_visited_on) as last_visited_on

    from activities

    group by
        as_of_date,
        customer_id

)

select
    -- ids
    ordered.as_of_date,
    ordered.customer_id,

    -- numerics
    cast(ordered.recency_days as {{ double }}) as recency_days,
    cast(ordered.tenure_days as {{ double }}) as tenure_days,
    cast(ordered.n_orders as {{ double }}) as n_orders,
    cast(ordered.n_order_days as {{ double }}) as n_order_days,
    cast(ordered.n_order_weeks as {{ double }}) as n_order_weeks,
    cast(ordered.n_lines as {{ double }}) as n_lines,
    cast(ordered.n_orders_90d as {{ double }}) as n_orders_90d,
    cast(ordered.net_amount as {{ double }}) as net_amount,
    {% for window in windows %}
        cast(ordered.net_amount_{{ window }}d as {{ double }})
            as net_amount_{{ window }}d,
    {% endfor %}
    ordered.paid / ordered.n_orders as average_order_amount,
    case when recorded.has_discounts then ordered.saved / nullif(ordered.listed, 0) end
        as discount_share,
    case when recorded.has_returns then ordered.returned / nullif(ordered.paid, 0) end
        as return_rate,
    cast(
        {{ segmentation.days_between(
            'engaged.last_visited_on', 'ordered.as_of_date'
        ) }} as {{ double }}
    ) as days_since_last_visit,
    {% for name, has_seen in counts_90d.items() %}
        cast(
            case
                when available.{{ has_seen }} then coalesce(engaged.n_{{ name }}_90d, 0)
            end as {{ double }}
        ) as n_{{ name }}_90d,
    {% endfor %}
    cast(
        case
            when available.has_tickets and recorded.has_complaints
                then coalesce(engaged.n_complaints_365d, 0)
        end as {{ double }}
    ) as n_complaints_365d

from ordered

cross join recorded

inner join available
    on ordered.as_of_date = available.as_of_date

left join engaged
    on
        ordered.as_of_date = engaged.as_of_date
        and ordered.customer_id = engaged.customer_id
