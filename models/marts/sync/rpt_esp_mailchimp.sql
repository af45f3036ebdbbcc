-- One row per customer ever published: merge fields and tags of a Mailchimp member, by
-- the MD5 of the address.
{{ config(materialized='view') }}
with

{{ segmentation.profiles_by(['email']) }},

live as (

    -- members that another account is written to at
    select email_md5
    from profiles
    where has_email_consent

),

rendered as (

    select
        profiles.*,
        profiles.customer_id as external_id,
        case
            when profiles.email_md5 is null then 'no_address'
            when profiles.operation != 'upsert' and live.email_md5 is not null
                then 'address_in_use'
        end as key_problem,
        case
            when profiles.operation in ('upsert', 'clear')
                then
                    {{ segmentation.payload([
                        {'key': 'merge_fields', 'kind': 'object', 'value': [
                            {'key': 'SEGMENT', 'kind': 'text',
                             'value': 'profiles.segment_id'},
                            {'key': 'SEGNAME', 'kind': 'text',
                             'value': 'profiles.segment_name'},
                            {'key': 'SEGPREV', 'kind': 'text',
                             'value': 'profiles.previous_segment_id'},
                            {'key': 'SEGSINCE', 'kind': 'timestamp',
                             'value': 'profiles.segment_changed_at'},
                            {'key': 'CHURNBAND', 'kind': 'text',
                             'value': 'profiles.churn_band'},
                            {'key': 'VALUEBAND', 'kind': 'text',
                             'value': 'profiles.value_band'},
                            {'key': 'ACTION', 'kind': 'text',
                             'value': 'profiles.action_id'},
                            {'key': 'ACTREASON', 'kind': 'text',
                             'value': 'profiles.action_reason'},
                            {'key': 'ACTEXPIRES', 'kind': 'date',
                             'value': 'profiles.action_expires_on'},
                            {'key': 'PRODUCT1', 'kind': 'text',
                             'value': 'profiles.suggested_product_name_1'},
                            {'key': 'PRODUCT2', 'kind': 'text',
                             'value': 'profiles.suggested_product_name_2'},
                            {'key': 'PRODUCT3', 'kind': 'text',
                             'value': 'profiles.suggested_product_name_3'},
                            {'key': 'PRODID1', 'kind': 'text',
                             'value': 'profiles.suggested_product_id_1'},
                            {'key': 'PRODID2', 'kind': 'text',
                             'value': 'profiles.suggested_product_id_2'},
                            {'key': 'PRODID3', 'kind': 'text',
                             'value': 'profiles.suggested_product_id_3'},
                            {'key': 'BROWSED', 'kind': 'text',
                             'value': 'profiles.browsed_category'},
                            {'key': 'HOLDOUT', 'kind': 'text',
                             'value': 'profiles.holdout_group'},
                        ]},
                        {'key': 'tags', 'kind': 'states', 'value': [
                            'profiles.tags_to_add', 'profiles.tags_to_remove',
                        ]},
                    ], '""') }}
            else
                {{ segmentation.payload([]) }}
        end as full_payload

    from profiles

    left join live
        on profiles.email_md5 = live.email_md5

),

{{ segmentation.esp_rows('mailchimp') }}

select
    -- ids
    external_id,
    email_md5,

    {{ segmentation.esp_columns() }}

from batched
