-- One row per customer ever published. Publishing is refused where fct_sync_checks are
-- not passed; the table then stays as it is.
-- depends_on: {{ ref('fct_sync_checks') }}
-- depends_on: {{ ref('int_profiles__told') }}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='customer_id',
    on_schema_change='append_new_columns',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history'],
    pre_hook="{{ segmentation.refuse_blast() }}",
    post_hook="{{ segmentation.purge_tombstones(this) }}"
) }}
{% set string = dbt.type_string() %}
with

synced as (

    select * from {{ ref('int_customer_snapshots__synced') }}

),

tags as (

    select * from {{ ref('int_customer_tags__set') }}

),

checked_customers as (

    select * from {{ ref('int_customers__checked') }}

),

last_snapshot as (

    select
        as_of_date,
        {{ segmentation.end_of_day('as_of_date') }} as published_at
    from {{ ref('int_snapshots__last') }}

),

{% if is_incremental() %}

    stored as (

        select * from {{ this }}

    ),

    clock as (

        -- a second publication of the same snapshot comes a second later, so that a
        -- reader who asks for rows newer than the newest he has seen misses none
        select
            coalesce(max(changed_at), cast('0001-01-01' as timestamp))
                as last_changed_at,
            cast(
                {{ segmentation.add_to_moment(
                    'second', 1,
                    "coalesce(max(changed_at), cast('0001-01-01' as timestamp))"
                ) }} as timestamp
            ) as next_changed_at

        from stored

    ),

{% else %}

    stored as (

        select
            cast(null as {{ string }}) as customer_id,
            cast(null as {{ string }}) as email_md5,
            cast(null as {{ string }}) as row_hash,
            cast(null as {{ string }}) as operation
        where 1 = 0

    ),

    clock as (

        select
            cast('0001-01-01' as timestamp) as last_changed_at,
            cast('0001-01-01' as timestamp) as next_changed_at

    ),

{% endif %}

unpublished as (

    -- the snapshots since the last publication, and the last snapshot in any case; the
    -- first publication orders all of them, so that rows are kept narrow
    select
        synced.as_of_date,
        synced.customer_id,
        synced.row_hash,
        greatest(
            {{ segmentation.end_of_day('synced.as_of_date') }}, clock.next_changed_at
        ) as candidate_changed_at,
        row_number() over (
            partition by synced.customer_id
            order by synced.as_of_date desc
        ) as snapshots_ago,
        lag(synced.row_hash) over (
            partition by synced.customer_id
            order by synced.as_of_date asc
        ) as row_hash_before

    from synced

    cross join clock

    cross join last_snapshot

    where
        {{ segmentation.end_of_day('synced.as_of_date') }} > clock.last_changed_at
        or synced.as_of_date = last_snapshot.as_of_date

),

changes as (

    select
        unpublished.customer_id,
        max(unpublished.candidate_changed_at) as changed_at

    from unpublished

    left join stored
        on unpublished.customer_id = stored.customer_id

    where
        coalesce(unpublished.row_hash_before, stored.row_hash) is null
        or unpublished.row_hash
        != coalesce(unpublished.row_hash_before, stored.row_hash)

    group by unpublished.customer_id

),

upserts_or_kept as (

    select unpublished.customer_id
    from unpublished

    inner join last_snapshot
        on unpublished.as_of_date = last_snapshot.as_of_date

),

upserts as (

    select
        synced.*,
        changes.changed_at

    from unpublished

    inner join changes
        on unpublished.customer_id = changes.customer_id

    inner join synced
        on
            unpublished.as_of_date = synced.as_of_date
            and unpublished.customer_id = synced.customer_id

    where unpublished.snapshots_ago = 1

),

old_tags as (

    select
        tags.customer_id,
        {{ segmentation.sorted_texts('tags.tag', "','") }} as tags_to_remove

    from tags

    inner join upserts
        on tags.customer_id = upserts.customer_id

    where
        tags.tag != 'segment:' || upserts.segment_id
        and tags.tag != coalesce('action:' || upserts.action_id, '')

    group by tags.customer_id

),

gone as (

    -- published once, and not in the last snapshot any more
    select
        stored.customer_id,
        stored.email_md5,
        coalesce(checked_customers.reject_reason = 'erased_customer', false)
            as is_erased

    from stored

    left join upserts_or_kept
        on stored.customer_id = upserts_or_kept.customer_id

    left join checked_customers
        on
            stored.customer_id = checked_customers.customer_id
            and checked_customers.copy_number = 1

    where
        stored.operation = 'upsert'
        and upserts_or_kept.customer_id is null

),

tombstones as (

    select
        gone.customer_id,
        gone.email_md5,
        gone.is_erased,
        greatest(last_snapshot.published_at, clock.next_changed_at) as deleted_at

    from gone

    cross join last_snapshot

    cross join clock

)

select
    -- ids
    upserts.customer_id,
    upserts.segment_id,
    upserts.previous_segment_id,
    upserts.segment_version,

    -- strings
    upserts.email_sha256,
    upserts.email_md5,
    upserts.phone_sha256,
    upserts.segment_name,
    'segment:' || upserts.segment_id
    || coalesce(',action:' || upserts.action_id, '') as tags_to_add,
    old_tags.tags_to_remove,
    {% for column in segmentation.synced_columns() %}
        upserts.{{ column }},
    {% endfor %}
    upserts.suppress_reason,
    'upsert' as operation,
    upserts.row_hash,

    -- booleans
    upserts.has_email_consent,
    upserts.has_sms_consent,
    upserts.has_push_consent,
    upserts.is_syncable,

    -- timestamps
    upserts.segment_changed_at,
    upserts.changed_at,
    cast(null as timestamp) as deleted_at

from upserts

left join old_tags
    on upserts.customer_id = old_tags.customer_id

union all

-- a tombstone says nothing of the customer but that they are to be deleted, by the id
-- or by the digest that some tools know profiles by
select
    customer_id,
    cast(null as {{ string }}) as segment_id,
    cast(null as {{ string }}) as previous_segment_id,
    cast(null as {{ string }}) as segment_version,
    cast(null as {{ string }}) as email_sha256,
    email_md5,
    cast(null as {{ string }}) as phone_sha256,
    cast(null as {{ string }}) as segment_name,
    cast(null as {{ string }}) as tags_to_add,
    cast(null as {{ string }}) as tags_to_remove,
    {% for column, type in segmentation.synced_columns().items() %}
        cast(null as {{ type }}) as {{ column }},
    {% endfor %}
    case when is_erased then 'erased' else 'not_a_customer_any_more' end
        as suppress_reason,
    case when is_erased then 'erase' else 'delete' end as operation,
    {{ dbt.hash(
        "customer_id || case when is_erased then '|erase' else '|delete' end"
    ) }} as row_hash,
    false as has_email_consent,
    false as has_sms_consent,
    false as has_push_consent,
    false as is_syncable,
    cast(null as timestamp) as segment_changed_at,
    deleted_at as changed_at,
    deleted_at

from tombstones
