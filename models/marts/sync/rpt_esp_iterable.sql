-- One row per customer ever published: a user of Iterable's /users/bulkUpdate, or the
-- user to delete. Holds raw numbers.
{{ config(materialized='view') }}
{% set told = segmentation.profile_fields() + [
    {'key': 'phoneNumber', 'kind': 'text', 'value': 'profiles.phone'},
] %}
{% set key = {'key': 'userId', 'kind': 'text', 'value': 'profiles.customer_id'} %}
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
            when profiles.operation in ('upsert', 'clear')
                then
                    {{ segmentation.payload([
                        key,
                        {'key': 'preferUserId', 'kind': 'constant', 'value': 'true'},
                        {'key': 'dataFields', 'kind': 'object', 'value': told},
                    ]) }}
            else
                {{ segmentation.payload([key]) }}
        end as full_payload

    from profiles

),

{{ segmentation.esp_rows('iterable') }}

select
    -- ids
    external_id,

    {{ segmentation.esp_columns() }}

from batched
