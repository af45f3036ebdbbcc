-- One row per tool and customer whose row the tool refused, set aside until the row
-- changes, as of the last sync.
with

refused as (

    {{ segmentation.refused_rows(var('segmentation_sync_failures')) }}

),

profiles as (

    -- who is not even a tombstone any more is nobody to tell of
    select * from {{ ref('rpt_esp_profiles') }}

)

select
    -- ids
    refused.tool || '|' || refused.external_id as sync_failure_id,
    refused.external_id as customer_id,
    profiles.segment_id,

    -- strings
    refused.tool,
    refused.operation,
    refused.reason as tool_words,

    -- booleans
    profiles.changed_at > cast(refused.refused_at as timestamp) as has_changed_since,

    -- timestamps
    cast(refused.refused_at as timestamp) as refused_at,
    profiles.changed_at

from refused

inner join profiles
    on refused.external_id = profiles.customer_id
