-- One row per customer ever published: an element of attributes of Braze's
-- /users/track, or of external_ids of /users/delete. Holds raw numbers.
{{ config(materialized='view') }}
{% set told = segmentation.profile_fields() + [
    {'key': 'phone', 'kind': 'text', 'value': 'profiles.phone'},
] %}
{% set key = {'key': 'external_id', 'kind': 'text', 'value': 'profiles.customer_id'} %}
{% set only_if_known = {
    'key': '_update_existing_only', 'kind': 'constant', 'value': 'true'
} %}
with

{{ segmentation.profiles_by(
    ['email', 'sms', 'push'], has_phone=true
) }},

rendered as (

    select
        profiles.*,
        profiles.customer_id as external_id,
        cast(null as {{ dbt.type_string() }}) as key_problem,
        case
            when profiles.operation = 'upsert'
                then
                    {{ segmentation.payload([key] + told) }}
            when profiles.operation = 'clear'
                then
                    {{ segmentation.payload([key, only_if_known] + told) }}
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
