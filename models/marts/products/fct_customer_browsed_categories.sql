-- One row per customer and product category looked at in the last 90 days, as of the
-- last snapshot.
with

events as (

    select * from {{ ref('int_web_events__checked') }}

),

products as (

    select * from {{ ref('int_products__checked') }}

),

baskets as (

    select * from {{ ref('int_baskets__itemised') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

viewed as (

    select
        last_snapshot.as_of_date,
        events.customer_id,
        products.category,
        count(*) as n_views_90d,
        sum(
            case
                when
                    events.occurred_on
                    > {{ segmentation.dateadd_days(-30, 'last_snapshot.as_of_date') }}
                    then 1
                else 0
            end
        ) as n_views_30d,
        max(events.occurred_on) as last_viewed_on

    from events

    inner join products
        on events.product_id = products.product_id

    inner join last_snapshot
        on
            events.occurred_on <= last_snapshot.as_of_date
            and events.occurred_on
            > {{ segmentation.dateadd_days(-90, 'last_snapshot.as_of_date') }}

    where
        events.reject_reason is null
        and events.event_type = 'view'
        and products.reject_reason is null
        and products.category is not null

    group by
        last_snapshot.as_of_date,
        events.customer_id,
        products.category

),

bought as (

    select
        customer_id,
        item_id as category,
        max(ordered_on) as last_bought_on

    from baskets

    where item_level = 'category'

    group by
        customer_id,
        item_id

),

judged as (

    select
        viewed.*,
        bought.last_bought_on,
        coalesce(bought.last_bought_on >= viewed.last_viewed_on, false)
            as has_bought_since

    from viewed

    left join bought
        on
            viewed.customer_id = bought.customer_id
            and viewed.category = bought.category

)

select
    -- ids
    customer_id || '|' || category as customer_category_id,
    as_of_date,
    customer_id,

    -- strings
    category,

    -- numerics
    cast(n_views_30d as {{ dbt.type_bigint() }}) as n_category_views_30d,
    cast(n_views_90d as {{ dbt.type_bigint() }}) as n_category_views_90d,
    {{ segmentation.days_between('last_viewed_on', 'as_of_date') }}
        as days_since_last_view,
    cast(
        row_number() over (
            partition by customer_id
            order by
                n_views_90d desc,
                n_views_30d desc,
                last_viewed_on desc,
                category asc
        ) as {{ dbt.type_int() }}
    ) as browsed_rank,
    -- null for what was bought
    cast(
        case
            when not has_bought_since
                then
                    row_number() over (
                        partition by customer_id, has_bought_since
                        order by
                            n_views_90d desc,
                            n_views_30d desc,
                            last_viewed_on desc,
                            category asc
                    )
        end as {{ dbt.type_int() }}
    ) as retargeting_rank,

    -- booleans
    has_bought_since,

    -- timestamps
    last_viewed_on,
    last_bought_on

from judged
