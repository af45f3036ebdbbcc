-- What a marketing tool has to be told that has seen everything up to 2024-12-24.
select
    customer_id,
    operation,
    segment_id,
    tags_to_add,
    tags_to_remove,
    changed_at

from {{ ref('rpt_esp_profiles') }}

where
    changed_at > cast('2024-12-24 00:00:00' as timestamp)
    and (is_syncable or operation != 'upsert')

order by
    changed_at asc,
    customer_id asc
