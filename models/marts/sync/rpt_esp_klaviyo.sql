-- One row per customer ever published: a profile of Klaviyo's imports. Holds raw
-- addresses.
{{ config(materialized='view') }}
{% set told = segmentation.profile_fields() %}
{% set key = {'key': 'external_id', 'kind': 'text', 'value': 'profiles.customer_id'} %}
with

{{ segmentation.profiles_by(['email']) }},

contacts as (

    select * from {{ ref('int_customer_contacts__normalised') }}

),

rendered as (

    select
        profiles.*,
        profiles.customer_id as external_id,
        contacts.email,
        case
            when profiles.operation = 'upsert' and contacts.email is null
                then 'no_address'
        end as key_problem,
        case
            when profiles.operation = 'upsert'
                then
                    {{ segmentation.payload([
                        {'key': 'type', 'kind': 'constant', 'value': '"profile"'},
                        {'key': 'attributes', 'kind': 'object', 'value': [
                            {'key': 'email', 'kind': 'text', 'value': 'contacts.email'},
                            key,
                            {'key': 'properties', 'kind': 'object', 'value': told},
                        ]},
                    ]) }}
            -- without an address, which could make a profile of it
            when profiles.operation = 'clear'
                then
                    {{ segmentation.payload([
                        {'key': 'type', 'kind': 'constant', 'value': '"profile"'},
                        {'key': 'attributes', 'kind': 'object', 'value': [
                            key,
                            {'key': 'properties', 'kind': 'object', 'value': told},
                        ]},
                    ]) }}
            else
                {{ segmentation.payload([key]) }}
        end as full_payload

    from profiles

    -- the address that was published, not one that came after
    left join contacts
        on
            profiles.customer_id = contacts.customer_id
            and profiles.email_sha256 = contacts.email_sha256

),

{{ segmentation.esp_rows('klaviyo') }}

select
    -- ids
    external_id,
    case when is_sendable then email end as email,

    {{ segmentation.esp_columns() }}

from batched
