-- One row per segment with customers, as of the last snapshot: whether the medians of
-- its members bear out its name and its strategy, and what can be said in any case.
{% set limits = {'name': 'is_name_true', 'strategy': 'is_strategy_true'} %}
with

measured as (

    select * from {{ ref('int_segment_features__measured') }}

),

claims as (

    select * from {{ segmentation.ref_seed('claims') }}

),

medians as (

    select
        segment_id,
        feature_name,
        percentile_cont(0.5) within group (order by feature_value) as segment_median

    from measured

    group by
        segment_id,
        feature_name

),

segments as (

    select
        segment_id,
        max(case when feature_name = 'recency_days' then segment_median end)
            as median_recency_days,
        max(case when feature_name = 'n_orders' then segment_median end)
            as median_orders

    from medians

    group by segment_id

),

asked as (

    -- a median that is unknown bears nothing out
    select
        claims.segment_id,
        claims.claim,
        case
            when
                medians.segment_median is null
                or medians.segment_median < claims.median_minimum
                or medians.segment_median > claims.median_maximum
                then 1
            else 0
        end as is_denied

    from claims

    left join medians
        on
            claims.segment_id = medians.segment_id
            and claims.feature_name = medians.feature_name

),

denied as (

    select
        segment_id,
        {% for claim, is_true in limits.items() %}
            max(case when claim = '{{ claim }}' then is_denied else 0 end) = 0
                as {{ is_true }}
            {%- if not loop.last %},{% endif +%}
        {% endfor %}

    from asked

    group by segment_id

)

select
    segments.segment_id,
    segments.median_recency_days,
    segments.median_orders,
    {% for is_true in limits.values() %}
        coalesce(denied.{{ is_true }}, true) as {{ is_true }},
    {% endfor %}
    'Orders: ' || {{ segmentation.whole_text('segments.median_orders') }}
    || ', last ' || {{ segmentation.whole_text('segments.median_recency_days') }}
    || ' days ago' as plain_name

from segments

left join denied
    on segments.segment_id = denied.segment_id
