-- One row per customer ever published: an operation of Customer.io's /api/v2/batch.
-- Holds raw numbers.
{{ config(materialized='view') }}
{% set told = segmentation.profile_fields() + [
    {'key': 'phone', 'kind': 'text', 'value': 'profiles.phone'},
] %}
{% set key = {'key': 'id', 'kind': 'text', 'value': 'profiles.customer_id'} %}
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
                        {'key': 'type', 'kind': 'constant', 'value': '"person"'},
                        {'key': 'identifiers', 'kind': 'object', 'value': [key]},
                        {'key': 'action', 'kind': 'constant', 'value': '"identify"'},
                        {'key': 'attributes', 'kind': 'object', 'value': told},
                    ], times='unix_seconds') }}
            else
                {{ segmentation.payload([
                    {'key': 'type', 'kind': 'constant', 'value': '"person"'},
                    {'key': 'identifiers', 'kind': 'object', 'value': [key]},
                    {'key': 'action', 'kind': 'constant', 'value': '"delete"'},
                ]) }}
        end as full_payload

    from profiles

),

{{ segmentation.esp_rows('customerio') }}

select
    -- ids
    external_id,

    {{ segmentation.esp_columns() }}

from batched
