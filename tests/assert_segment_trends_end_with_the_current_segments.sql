-- The trends' last snapshot has the customers and the revenue of dim_customer_segments,
-- segment by segment.
{% call segmentation.if_all_are_built() %}
with

trends as (

    select * from {{ ref('fct_segment_trends') }}

),

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from assigned

),

expected as (

    select
        segment_id,
        count(*) as n_customers,
        sum(monetary_amount) as net_amount

    from assigned

    group by segment_id

),

found as (

    select
        trends.segment_id,
        trends.n_customers,
        trends.net_amount

    from trends

    inner join last_snapshot
        on trends.as_of_date = last_snapshot.as_of_date

)

select
    coalesce(found.segment_id, expected.segment_id) as segment_id,
    found.n_customers,
    expected.n_customers as n_customers_expected,
    found.net_amount,
    expected.net_amount as net_amount_expected

from found

full outer join expected
    on found.segment_id = expected.segment_id

where
    coalesce(found.n_customers, 0) != coalesce(expected.n_customers, 0)
    or coalesce(found.net_amount, 0) != coalesce(expected.net_amount, 0)

{% endcall %}
