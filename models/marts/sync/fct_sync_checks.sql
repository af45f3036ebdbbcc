-- One row per check before a publication: how much it would change at once, and whether
-- that may be. A run that changes nothing of what is published, such as one after a run
-- that was cut short, leaves the rows of the publication as they are.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='sync_check',
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history']
) }}
{% set double = segmentation.type_double() %}
{% set string = dbt.type_string() %}
{% set unknown = {
    'email_sha256': 'email_sha256 is null',
    'previous_segment_id': 'previous_segment_id is null',
    'churn_band': 'churn_band is null',
    'value_band': 'value_band is null',
    'is_syncable': 'not is_syncable',
} %}
{% set compared = [
    'customer_id', 'segment_id', 'previous_segment_id', 'email_sha256', 'churn_band',
    'value_band', 'row_hash', 'is_syncable',
] %}
with

published as (

    select * from {{ ref('int_profiles__published') }}

),

synced as (

    select * from {{ ref('int_customer_snapshots__synced') }}

),

checked_customers as (

    select * from {{ ref('int_customers__checked') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

upcoming as (

    select synced.*
    from synced

    inner join last_snapshot
        on synced.as_of_date = last_snapshot.as_of_date

),

erased as (

    -- who asked to be erased is not missed
    select customer_id
    from checked_customers
    where
        reject_reason = 'erased_customer'
        and copy_number = 1

),

profiles as (

    select
        {% for column in compared %}
            published.{{ column }},
        {% endfor %}
        1 as is_published,
        0 as is_upcoming

    from published

    left join erased
        on published.customer_id = erased.customer_id

    where erased.customer_id is null

    union all

    select
        {% for column in compared %}
            {{ column }},
        {% endfor %}
        0 as is_published,
        1 as is_upcoming

    from upcoming

),

{% if is_incremental() %}

    concluded as (

        -- the snapshot whose checks let a publication pass
        select max(as_of_date) as as_of_date
        from {{ this }}
        having min(case when has_passed or is_blast_allowed then 1 else 0 end) = 1

    ),

{% endif %}

sizes as (

    select
        coalesce(sum(is_published), 0) as n_published,
        coalesce(sum(is_upcoming), 0) as n_upcoming

    from profiles

),

customers as (

    select
        customer_id,
        max(is_published) as is_published,
        max(is_upcoming) as is_upcoming,
        max(case when is_published = 1 then segment_id end) as published_segment_id,
        max(case when is_upcoming = 1 then segment_id end) as upcoming_segment_id,
        max(case when is_published = 1 then row_hash end) as published_row_hash,
        max(case when is_upcoming = 1 then row_hash end) as upcoming_row_hash

    from profiles

    group by customer_id

),

counted_customers as (

    select
        sum(is_published * is_upcoming) as n_kept,
        sum(is_published * (1 - is_upcoming)) as n_removed,
        sum(case when published_segment_id != upcoming_segment_id then 1 else 0 end)
            as n_moved,
        sum(case when published_row_hash = upcoming_row_hash then 0 else 1 end)
            as n_changed

    from customers

),

counted_items as (

    -- customers of each segment, and customers of whom each attribute is unknown
    select
        'share_shift' as sync_check,
        segment_id as item,
        sum(is_published) as n_published,
        sum(is_upcoming) as n_upcoming

    from profiles

    group by segment_id

    {% for attribute, condition in unknown.items() %}
        union all

        select
            'null_rate_rise' as sync_check,
            '{{ attribute }}' as item,
            sum(case when {{ condition }} then is_published else 0 end) as n_published,
            sum(case when {{ condition }} then is_upcoming else 0 end) as n_upcoming

        from profiles
    {% endfor %}

),

compared_items as (

    select
        counted_items.sync_check,
        counted_items.item,
        sizes.n_upcoming as n_customers,
        {{ segmentation.ratio('counted_items.n_upcoming', 'sizes.n_upcoming') }}
        - {{ segmentation.ratio('counted_items.n_published', 'sizes.n_published') }}
            as difference

    from counted_items

    cross join sizes

),

rated_items as (

    select
        sync_check,
        item,
        n_customers,
        case
            when sync_check = 'share_shift' then abs(difference)
            else (difference + abs(difference)) / 2
        end as measured_rate

    from compared_items

),

ranked_items as (

    select
        *,
        row_number() over (
            partition by sync_check
            order by measured_rate desc, item asc
        ) as badness

    from rated_items

),

measured as (

    select
        'moved' as sync_check,
        cast(null as {{ string }}) as worst_item,
        n_moved as n_customers_affected,
        n_kept as n_customers,
        {{ segmentation.ratio('n_moved', 'n_kept') }} as measured_rate

    from counted_customers

    union all

    select
        'removed' as sync_check,
        cast(null as {{ string }}) as worst_item,
        counted_customers.n_removed as n_customers_affected,
        sizes.n_published as n_customers,
        {{ segmentation.ratio('counted_customers.n_removed', 'sizes.n_published') }}
            as measured_rate

    from counted_customers

    cross join sizes

    union all

    select
        sync_check,
        case when measured_rate > 0 then item end as worst_item,
        round(measured_rate * n_customers, 0) as n_customers_affected,
        n_customers,
        measured_rate

    from ranked_items

    where badness = 1

),

limited as (

    select
        measured.*,
        case measured.sync_check
            {% for sync_check, limit in segmentation.blast_limits().items() %}
                when '{{ sync_check }}' then {{ var(limit.variable) }}
            {% endfor %}
        end as limit_rate

    from measured

)

select
    -- strings
    limited.sync_check,
    limited.worst_item,

    -- numerics
    cast(limited.measured_rate as {{ double }}) as measured_rate,
    cast(limited.limit_rate as {{ double }}) as limit_rate,
    cast(coalesce(limited.n_customers_affected, 0) as {{ dbt.type_bigint() }})
        as n_customers_affected,
    cast(coalesce(limited.n_customers, 0) as {{ dbt.type_bigint() }}) as n_customers,

    -- booleans; a few customers are no blast, whatever their share
    coalesce(
        limited.measured_rate <= limited.limit_rate
        or limited.n_customers_affected < {{ var('segmentation_min_blast_customers') }},
        true
    ) as has_passed,
    {{ 'true' if var('segmentation_allow_blast') is sameas true else 'false' }}
        as is_blast_allowed,

    -- timestamps
    last_snapshot.as_of_date

from limited

cross join last_snapshot

{% if is_incremental() %}

    cross join counted_customers

    left join concluded
        on last_snapshot.as_of_date = concluded.as_of_date

    where
        counted_customers.n_changed > 0
        or concluded.as_of_date is null

{% endif %}
