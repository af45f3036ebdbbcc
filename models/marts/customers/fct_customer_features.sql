-- One row per customer and snapshot date.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set windows = [30, 60, 90, 180, 365] %}
{% set double = segmentation.type_double() %}
with

ordered as (

    select * from {{ ref('int_customer_snapshots__ordered') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

paced as (

    select * from {{ ref('int_customer_snapshots__paced') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

preferred as (

    select * from {{ ref('int_customer_snapshots__preferred') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

engagement as (

    select * from {{ ref('fct_customer_engagement') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

located as (

    select * from {{ ref('int_customer_snapshots__located') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

money as (

    -- statistics are doubles, made from exact sums
    select
        *,
        cast(net_amount as {{ double }}) as net,
        cast(gross_amount as {{ double }}) as gross,
        -- of a customer known by totals alone only the net is known
        cast(coalesce(gross_amount - discount_amount, net_amount) as {{ double }})
            as paid,
        cast(returned_amount as {{ double }}) as returned,
        cast(discount_amount + markdown_amount as {{ double }}) as saved,
        cast(gross_amount + markdown_amount as {{ double }}) as listed

    from ordered

),

joined as (

    select
        -- ids
        money.as_of_date,
        money.customer_id,

        -- orders
        money.n_orders,
        case
            when money.n_orders > 0
                then {{ segmentation.days_between(
                    'money.last_ordered_on', 'money.as_of_date'
                ) }}
        end as recency_days,
        case
            when money.n_orders > 0
                then {{ segmentation.days_between(
                    'money.first_ordered_on', 'money.as_of_date'
                ) }}
        end as tenure_days,
        money.gross_amount,
        case when recorded.has_discounts then money.discount_amount end
            as discount_amount,
        case when recorded.has_returns then money.returned_amount end
            as returned_amount,
        money.net_amount,
        money.paid / nullif(money.n_orders, 0) as average_order_amount,
        case
            when money.n_orders > 1 and money.squared_order_amount is not null
                then
                    -- rounding may leave a hair below nothing where all orders are
                    -- alike
                    sqrt(
                        greatest(
                            money.squared_order_amount / money.n_orders
                            - power(money.paid / money.n_orders, 2),
                            0
                        ) * money.n_orders / (money.n_orders - 1)
                    )
        end as order_amount_stddev,
        paced.median_gap_days,
        case
            when paced.median_gap_days is not null
                then
                    {{ segmentation.days_between(
                        'money.last_ordered_on', 'money.as_of_date'
                    ) }} / greatest(paced.median_gap_days, 1)
        end as gap_ratio,
        {% for window in windows %}
            money.n_orders_{{ window }}d,
            money.net_amount_{{ window }}d,
        {% endfor %}
        case
            when recorded.has_discounts then money.saved / nullif(money.listed, 0)
        end as discount_share,
        case
            when recorded.has_returns then money.returned / nullif(money.paid, 0)
        end as return_rate,
        case
            when recorded.has_coupons
                then {{ segmentation.ratio('money.n_coupon_orders', 'money.n_orders') }}
        end as coupon_order_share,

        -- preferences
        preferred.top_category,
        preferred.top_category_share,
        preferred.n_categories,

        -- engagement
        engagement.n_sessions_30d,
        engagement.n_sessions_90d,
        engagement.n_views_90d,
        engagement.n_carts_90d,
        engagement.cart_abandonment_rate_90d,
        engagement.conversion_rate_90d,
        engagement.n_emails_sent_90d,
        engagement.n_emails_opened_90d,
        engagement.n_emails_clicked_90d,
        engagement.open_rate_90d,
        engagement.click_rate_90d,
        engagement.n_tickets_365d,
        engagement.n_complaints_365d,
        engagement.mean_rating,
        engagement.days_since_last_visit,
        engagement.engagement_score,

        -- person
        located.age_years,
        located.location_tier

    from money

    cross join recorded

    left join paced
        on
            money.as_of_date = paced.as_of_date
            and money.customer_id = paced.customer_id

    left join preferred
        on
            money.as_of_date = preferred.as_of_date
            and money.customer_id = preferred.customer_id

    left join engagement
        on
            money.as_of_date = engagement.as_of_date
            and money.customer_id = engagement.customer_id

    left join located
        on
            money.as_of_date = located.as_of_date
            and money.customer_id = located.customer_id

)

select
    -- ids
    as_of_date,
    customer_id,

    -- strings
    top_category,
    case
        when age_years < 18 then 'under 18'
        when age_years < 25 then '18-24'
        when age_years < 35 then '25-34'
        when age_years < 45 then '35-44'
        when age_years < 55 then '45-54'
        when age_years < 65 then '55-64'
        when age_years >= 65 then '65 and over'
    end as age_group,
    location_tier,

    -- numerics
    recency_days,
    tenure_days,
    n_orders,
    {% for window in windows %}
        n_orders_{{ window }}d,
    {% endfor %}
    net_amount,
    gross_amount,
    discount_amount,
    returned_amount,
    {% for window in windows %}
        net_amount_{{ window }}d,
    {% endfor %}
    average_order_amount,
    order_amount_stddev,
    median_gap_days,
    gap_ratio,
    discount_share,
    return_rate,
    coupon_order_share,
    top_category_share,
    n_categories,
    n_sessions_30d,
    n_sessions_90d,
    n_views_90d,
    n_carts_90d,
    cart_abandonment_rate_90d,
    conversion_rate_90d,
    n_emails_sent_90d,
    n_emails_opened_90d,
    n_emails_clicked_90d,
    open_rate_90d,
    click_rate_90d,
    n_tickets_365d,
    n_complaints_365d,
    mean_rating,
    days_since_last_visit,
    engagement_score,

    -- booleans
    n_orders > 0 as has_ordered

from joined
