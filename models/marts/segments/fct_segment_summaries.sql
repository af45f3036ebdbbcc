-- One row per segment with customers, as of the last snapshot.
{% set double = segmentation.type_double() %}
with

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

summed as (

    select
        as_of_date,
        segment_id,
        segment_name,
        strategy,
        count(*) as n_customers,
        sum(monetary_amount) as net_amount,
        percentile_cont(0.5) within group (order by recency_days)
            as median_recency_days,
        percentile_cont(0.5) within group (order by frequency) as median_frequency,
        percentile_cont(0.5) within group (
            order by cast(monetary_amount as {{ double }})
        ) as median_monetary_amount

    from assigned

    group by
        as_of_date,
        segment_id,
        segment_name,
        strategy

)

select
    segment_id,
    segment_name,
    strategy,
    n_customers,
    {{ segmentation.ratio('n_customers', 'sum(n_customers) over ()') }}
        as customer_share,
    cast(net_amount as {{ segmentation.type_money() }}) as net_amount,
    cast(net_amount as {{ double }})
    / nullif(cast(sum(net_amount) over () as {{ double }}), 0) as net_amount_share,
    cast(median_recency_days as {{ double }}) as median_recency_days,
    cast(median_frequency as {{ double }}) as median_frequency,
    cast(median_monetary_amount as {{ double }}) as median_monetary_amount,
    as_of_date

from summed
