-- One row per customer ever published: an element of attributes of Braze's
-- /users/track, or of external_ids of /users/delete.
{{ config(materialized='view') }}
{% set told = segmentation.profile_fields() %}
{% set key = {'key': 'external_id', 'kind': 'text', 'value': 'profiles.customer_id'} %}
with

profiles as (

    select * from {{ ref('rpt_esp_profiles') }}

),

rendered as (

    select
        profiles.*,
        profiles.customer_id as external_id,
        profiles.is_syncable as has_consent,
        cast(null as {{ dbt.type_string() }}) as key_problem,
        case
            when profiles.operation = 'upsert'
                then
                    {{ segmentation.payload([key] + told) }}
            else
                {{ segmentation.payload([key]) }}
        end as full_payload

    from profiles

),

{{ segmentation.esp_rows('braze') }}

select
    -- ids
    external_id,

    {{ segmentation.esp_columns() }}

from batched
