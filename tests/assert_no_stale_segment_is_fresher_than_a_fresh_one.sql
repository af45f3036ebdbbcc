-- On the day of the newest fit, the middle customer of a segment whose guard wants
-- recent buyers came as lately as that of one whose guard wants lapsed ones, or later.
-- Warns: guards hold for means; medians of a handful of customers may lie otherwise.
{{ config(severity='warn') }}
{% call segmentation.if_all_are_built() %}
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

targets as (

    select * from {{ ref('int_segment_targets__chosen') }}

),

scored as (

    select * from {{ ref('int_customer_segments__scored') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

newest as (

    select
        model_version,
        as_of_date,
        row_number() over (order by version_number desc) as newness

    from registry

    where
        section = 'version'
        and item = 'status'

),

medians as (

    select
        scored.segment_id,
        percentile_cont(0.5) within group (order by features.recency_days)
            as median_recency_days

    from scored

    inner join newest
        on
            scored.as_of_date = newest.as_of_date
            and scored.model_version = newest.model_version

    inner join features
        on
            scored.as_of_date = features.as_of_date
            and scored.customer_id = features.customer_id

    where newest.newness = 1

    group by scored.segment_id

),

guarded as (

    select
        medians.segment_id,
        medians.median_recency_days,
        targets.minimum,
        targets.maximum

    from medians

    inner join targets
        on medians.segment_id = targets.segment_id

    where targets.feature_name = 'recency_days'

)

select
    fresh.segment_id as fresh_segment_id,
    fresh.median_recency_days as fresh_median_recency_days,
    stale.segment_id as stale_segment_id,
    stale.median_recency_days as stale_median_recency_days

from guarded as fresh

inner join guarded as stale
    on fresh.median_recency_days > stale.median_recency_days

where
    fresh.maximum <= 0
    and stale.minimum >= 0

{% endcall %}
