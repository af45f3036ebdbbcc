-- One row per whale, as of the last snapshot: what the orders look like, and a hint of
-- who may be behind them.
{% set double = segmentation.type_double() %}
-- The hint's thresholds. They were set by judgement, not fitted: no shop in reach says
-- which of its customers are firms.
{% set reseller_units_per_line = 10 %}
{% set reseller_top_share = 0.5 %}
{% set b2b_business_hours_share = 0.9 %}
{% set b2b_units_per_line = 5 %}
{% set fan_categories = 4 %}
{% set fan_discount_share = 0.1 %}
{% set fan_engagement = 30 %}
with

segments as (

    select * from {{ ref('dim_customer_segments') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

orders as (

    select * from {{ ref('int_orders__priced') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

whales as (

    select
        as_of_date,
        customer_id,
        segment_id

    from segments

    where is_whale

),

whale_orders as (

    -- 1 January 2024 was a Monday; times of day are those of the orders, in UTC
    select
        whales.customer_id,
        orders.order_id,
        orders.ordered_at,
        case
            when
                (
                    {{ segmentation.days_between(
                        "cast('2024-01-01' as date)", 'orders.ordered_on'
                    ) }} % 7 + 7
                ) % 7 < 5
                and extract(
                    hour from {{ segmentation.local_time('orders.ordered_at') }}
                ) between 8 and 17
                then 1
            else 0
        end as is_in_business_hours,
        case
            when
                orders.ordered_at
                = {{ segmentation.start_of_day('orders.ordered_on') }}
                then 1
            else 0
        end as is_without_time

    from whales

    inner join orders
        on
            whales.customer_id = orders.customer_id
            and whales.as_of_date >= orders.ordered_on
            and whales.as_of_date < orders.voided_on

    where orders.treatment != 'refund'

),

timed as (

    -- a system that keeps only dates says nothing of hours
    select
        customer_id,
        count(*) as n_orders,
        case
            when sum(is_without_time) < count(*)
                then 1.0e0 * sum(is_in_business_hours) / count(*)
        end as business_hours_share

    from whale_orders

    group by customer_id

),

whale_products as (

    select
        whale_orders.customer_id,
        lines.product_id,
        count(*) as n_lines,
        cast(sum(lines.quantity) as {{ double }}) as n_units

    from whale_orders

    inner join lines
        on whale_orders.order_id = lines.order_id

    where lines.is_sale

    group by
        whale_orders.customer_id,
        lines.product_id

),

ranked_products as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by n_units desc, product_id asc nulls last
        ) as unit_rank

    from whale_products

),

bought as (

    select
        customer_id,
        count(product_id) as n_products,
        sum(n_units) / nullif(sum(n_lines), 0) as units_per_line,
        -- of lines that name no product nothing is known
        sum(
            case when unit_rank <= 5 and product_id is not null then n_units end
        ) / nullif(sum(case when product_id is not null then n_units end), 0)
            as top_products_share

    from ranked_products

    group by customer_id

),

described as (

    select
        whales.as_of_date,
        whales.customer_id,
        whales.segment_id,
        features.net_amount,
        features.average_order_amount,
        features.n_orders,
        features.recency_days,
        features.median_gap_days,
        bought.n_products,
        features.n_categories,
        bought.units_per_line,
        bought.top_products_share,
        timed.business_hours_share,
        features.discount_share,
        features.engagement_score

    from whales

    inner join features
        on
            whales.as_of_date = features.as_of_date
            and whales.customer_id = features.customer_id

    left join timed
        on whales.customer_id = timed.customer_id

    left join bought
        on whales.customer_id = bought.customer_id

)

select
    -- ids
    customer_id,
    as_of_date,
    segment_id,

    -- strings
    case
        when
            units_per_line >= {{ reseller_units_per_line }}
            and top_products_share >= {{ reseller_top_share }}
            then 'reseller'
        when
            units_per_line >= {{ b2b_units_per_line }}
            and business_hours_share >= {{ b2b_business_hours_share }}
            then 'b2b'
        when
            n_categories >= {{ fan_categories }}
            and discount_share <= {{ fan_discount_share }}
            and engagement_score >= {{ fan_engagement }}
            then 'fan'
        else 'unknown'
    end as whale_hint,

    -- numerics
    net_amount,
    average_order_amount,
    n_orders,
    recency_days,
    median_gap_days,
    cast(n_products as {{ dbt.type_bigint() }}) as n_products,
    n_categories,
    cast(units_per_line as {{ double }}) as units_per_line,
    cast(top_products_share as {{ double }}) as top_products_share,
    cast(business_hours_share as {{ double }}) as business_hours_share,
    discount_share,
    engagement_score

from described
