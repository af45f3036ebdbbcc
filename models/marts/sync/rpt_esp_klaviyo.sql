-- One row per customer ever published: a profile of Klaviyo's imports. Holds raw
-- addresses and numbers.
{{ config(materialized='view') }}
{% set told = segmentation.profile_fields() %}
{% set number = {
    'key': 'phone_number', 'kind': 'text', 'value': 'profiles.phone'
} %}
{% set key = {'key': 'external_id', 'kind': 'text', 'value': 'profiles.customer_id'} %}
with

{{ segmentation.profiles_by(['email', 'sms'], has_phone=true) }},

contacts as (

    select * from {{ ref('int_customer_contacts__normalised') }}

),

rendered as (

    select
        profiles.*,
        profiles.customer_id as external_id,
        contacts.email,
        case
            when
                profiles.operation = 'upsert'
                and contacts.email is null
                and profiles.phone is null
                then 'no_address'
        end as key_problem,
        case
            when profiles.operation = 'upsert' and contacts.email is not null
                then
                    {{ segmentation.payload([
                        {'key': 'type', 'kind': 'constant', 'value': '"profile"'},
                        {'key': 'attributes', 'kind': 'object', 'value': [
                            {'key': 'email', 'kind': 'text', 'value': 'contacts.email'},
                            number,
                            key,
                            {'key': 'properties', 'kind': 'object', 'value': told},
                        ]},
                    ]) }}
            -- without an address that may not be written to, or that could make a
            -- profile of it
            when profiles.operation in ('upsert', 'clear')
                then
                    {{ segmentation.payload([
                        {'key': 'type', 'kind': 'constant', 'value': '"profile"'},
                        {'key': 'attributes', 'kind': 'object', 'value': [
                            number,
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
    case when is_sendable then phone end as phone,

    {{ segmentation.esp_columns() }}

from batched
