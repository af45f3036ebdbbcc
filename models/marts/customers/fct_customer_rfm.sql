-- One row per customer and snapshot date.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
with

ordered as (

    select * from {{ ref('int_customer_snapshots__ordered') }}

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

due as (

    select * from ordered
    {{ segmentation.where_snapshot_is_due(this) }}

),

measured as (

    select
        due.as_of_date,
        due.customer_id,
        due.known_on,
        due.first_ordered_on,
        due.last_ordered_on,
        due.n_orders,
        due.gross_amount,
        case when recorded.has_discounts then due.discount_amount end
            as discount_amount,
        case when recorded.has_returns then due.returned_amount end as returned_amount,
        due.net_amount,
        case
            when due.n_orders > 0
                then {{ segmentation.days_between(
                    'due.last_ordered_on', 'due.as_of_date'
                ) }}
        end as recency_days,
        case when due.n_orders > 0 then due.n_orders end as frequency,
        case when due.n_orders > 0 then due.net_amount end as monetary_amount

    from due

    cross join recorded

),

group_names as (

    select * from {{ segmentation.ref_seed('rfm_group_names') }}

),

recency_counts as (

    select
        as_of_date,
        recency_days,
        count(*) as n_customers

    from measured

    where recency_days is not null

    group by as_of_date, recency_days

),

frequency_counts as (

    select
        as_of_date,
        frequency,
        count(*) as n_customers

    from measured

    where frequency is not null

    group by as_of_date, frequency

),

monetary_counts as (

    select
        as_of_date,
        monetary_amount,
        count(*) as n_customers

    from measured

    where monetary_amount is not null

    group by as_of_date, monetary_amount

),

recency_scores as (

    {{ segmentation.tied_quintiles('recency_counts', 'recency_days', 'desc') }}

),

frequency_quintiles as (

    {{ segmentation.tied_quintiles('frequency_counts', 'frequency', 'asc') }}

),

frequency_scores as (

    select
        as_of_date,
        frequency,
        {{ segmentation.frequency_score('score', 'frequency') }} as score

    from frequency_quintiles

),

monetary_scores as (

    {{ segmentation.tied_quintiles('monetary_counts', 'monetary_amount', 'asc') }}

)

select
    -- ids
    measured.as_of_date,
    measured.customer_id,

    -- strings
    cast(recency_scores.score as {{ dbt.type_string() }})
    || cast(frequency_scores.score as {{ dbt.type_string() }})
    || cast(monetary_scores.score as {{ dbt.type_string() }}) as rfm_cell,
    case
        when measured.n_orders > 0 then group_names.shopify_rfm_group
        else 'Prospects'
    end as shopify_rfm_group,
    group_names.klaviyo_rfm_group,

    -- numerics
    measured.recency_days,
    measured.n_orders as frequency,
    measured.net_amount as monetary_amount,
    measured.gross_amount,
    measured.discount_amount,
    measured.returned_amount,
    recency_scores.score as recency_score,
    frequency_scores.score as frequency_score,
    monetary_scores.score as monetary_score,

    -- booleans
    measured.n_orders > 0 as has_ordered,

    -- timestamps
    measured.known_on,
    measured.first_ordered_on,
    measured.last_ordered_on

from measured

left join recency_scores
    on
        measured.as_of_date = recency_scores.as_of_date
        and measured.recency_days = recency_scores.recency_days

left join frequency_scores
    on
        measured.as_of_date = frequency_scores.as_of_date
        and measured.frequency = frequency_scores.frequency

left join monetary_scores
    on
        measured.as_of_date = monetary_scores.as_of_date
        and measured.monetary_amount = monetary_scores.monetary_amount

left join group_names
    on
        recency_scores.score = group_names.recency_score
        and frequency_scores.score = group_names.frequency_score
        and monetary_scores.score = group_names.monetary_score
