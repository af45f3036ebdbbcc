-- One row per customer ever published: the tags of a OneSignal user, few, flat and
-- texts, by the alias external_id.
{{ config(materialized='view') }}
with

{{ segmentation.profiles_by(['push']) }},

rendered as (

    select
        profiles.*,
        profiles.customer_id as external_id,
        cast(null as {{ dbt.type_string() }}) as key_problem,
        case
            when profiles.operation in ('upsert', 'clear')
                then
                    {{ segmentation.payload([
                        {'key': 'properties', 'kind': 'object', 'value': [
                            {'key': 'tags', 'kind': 'object', 'value': [
                                {'key': 'segment_id', 'kind': 'text',
                                 'value': 'profiles.segment_id'},
                                {'key': 'churn_band', 'kind': 'text',
                                 'value': 'profiles.churn_band'},
                                {'key': 'value_band', 'kind': 'text',
                                 'value': 'profiles.value_band'},
                                {'key': 'action_id', 'kind': 'text',
                                 'value': 'profiles.action_id'},
                                {'key': 'suggested_product', 'kind': 'text',
                                 'value': 'profiles.suggested_product_name_1'},
                                {'key': 'browsed_category', 'kind': 'text',
                                 'value': 'profiles.browsed_category'},
                                {'key': 'holdout_group', 'kind': 'text',
                                 'value': 'profiles.holdout_group'},
                            ]},
                        ]},
                    ], '""') }}
            else
                {{ segmentation.payload([]) }}
        end as full_payload

    from profiles

),

{{ segmentation.esp_rows('onesignal') }}

select
    -- ids
    external_id,
    'external_id' as alias_label,

    {{ segmentation.esp_columns() }}

from batched
