-- One row per customer with an order and snapshot: the pace of orders so far, the
-- silence since the last one, and the last 90 days beside those before.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set baseline_days = 275 %}
with

features as (

    select * from {{ ref('fct_customer_features') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

ordered_days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

order_days as (

    -- one row of those that stand counts for its day
    select
        snapshots.as_of_date,
        ordered_days.customer_id,
        ordered_days.activity_on,
        {{ segmentation.dateadd_days(-90, 'snapshots.as_of_date') }}
            as baseline_ends_on,
        {{ segmentation.dateadd_days(-90 - baseline_days, 'snapshots.as_of_date') }}
            as baseline_starts_after

    from ordered_days

    inner join snapshots
        on
            ordered_days.activity_on <= snapshots.as_of_date
            and ordered_days.voided_on > snapshots.as_of_date

    where
        ordered_days.n_orders > 0
        and coalesce(ordered_days.same_day_voided_on <= snapshots.as_of_date, true)

),

spans as (

    select
        as_of_date,
        customer_id,
        baseline_ends_on,
        baseline_starts_after,
        min(activity_on) as first_ordered_on,
        max(activity_on) as last_ordered_on,
        count(*) - 1 as n_gaps,
        sum(case when activity_on > baseline_ends_on then 1 else 0 end) as n_recent,
        sum(
            case
                when
                    activity_on <= baseline_ends_on
                    and activity_on > baseline_starts_after
                    then 1
                else 0
            end
        ) as n_in_baseline

    from order_days

    group by
        as_of_date,
        customer_id,
        baseline_ends_on,
        baseline_starts_after

),

counted as (

    select
        spans.as_of_date,
        spans.customer_id,
        spans.last_ordered_on,
        spans.n_gaps,
        features.median_gap_days,
        {{ segmentation.days_between(
            'spans.first_ordered_on', 'spans.last_ordered_on'
        ) }} as span_days,
        {{ segmentation.days_between('spans.last_ordered_on', 'spans.as_of_date') }}
            as silent_days,
        least(
            {{ segmentation.days_between(
                'spans.first_ordered_on', 'spans.as_of_date'
            ) }} - 90,
            {{ baseline_days }}
        ) as baseline_days,
        spans.n_recent,
        -- the first order says that there is a customer, and nothing of the pace
        spans.n_in_baseline - case
            when
                spans.first_ordered_on <= spans.baseline_ends_on
                and spans.first_ordered_on > spans.baseline_starts_after
                then 1
            else 0
        end as n_before

    from spans

    inner join features
        on
            spans.as_of_date = features.as_of_date
            and spans.customer_id = features.customer_id

)

select
    as_of_date,
    customer_id,
    last_ordered_on,
    median_gap_days,
    n_gaps,
    span_days,
    silent_days,
    baseline_days,
    cast(n_recent as {{ dbt.type_bigint() }}) as n_recent,
    cast(n_before as {{ dbt.type_bigint() }}) as n_before

from counted
