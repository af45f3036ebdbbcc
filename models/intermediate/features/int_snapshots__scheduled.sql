-- One row per snapshot date. The first build lays them back from the as-of date; later
-- builds append those that have come due, on the same grid. Kept, so that a full
-- refresh makes every snapshot again that there was.
-- depends_on: {{ ref('int_orders__checked') }}
-- depends_on: {{ ref('int_orders__priced') }}
-- depends_on: {{ ref('int_inputs__profiled') }}
{{ config(
    enabled=segmentation.connector() != 'customer_summary',
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history'],
    pre_hook=[
        "{{ segmentation.check_as_of_date() }}",
        "{{ segmentation.check_rejected_shares() }}"
    ]
) }}
{% set interval_days = var('segmentation_snapshot_interval_days') | int %}
{% set n_history = var('segmentation_history_snapshots') | int %}
{% set as_of_date = var('segmentation_as_of_date') %}
with

order_history as (

    select * from {{ ref('int_order_history__bounded') }}

),

span as (

    -- the day of the last order may still be filling; the one before it is whole
    select
        history_starts_on,
        {% if as_of_date %}
            cast('{{ as_of_date }}' as date) as as_of_date
        {% else %}
            greatest(
                {{ segmentation.dateadd_days(-1, 'last_ordered_on') }}, first_ordered_on
            ) as as_of_date
        {% endif %}

    from order_history

),

{% if is_incremental() %}

    stored as (

        select max(as_of_date) as last_as_of_date
        from {{ this }}

    ),

    candidates as (

        {% for step in range(1, 105) %}
            select
                {{ segmentation.dateadd_days(
                    step * interval_days, 'stored.last_as_of_date'
                ) }} as as_of_date
            from stored
            {% if not loop.last %}union all{% endif %}
        {% endfor %}

    )

{% else %}

    candidates as (

        {% for step in range(n_history) %}
            select
                {{ segmentation.dateadd_days(
                    -step * interval_days, 'span.as_of_date'
                ) }} as as_of_date
            from span
            {% if not loop.last %}union all{% endif %}
        {% endfor %}

    )

{% endif %}

select candidates.as_of_date

from candidates

cross join span

where
    candidates.as_of_date <= span.as_of_date
    and candidates.as_of_date >= span.history_starts_on
