-- One row per customer whose profile tools have been told and who is not deleted: what
-- they were told before this run publishes anything.
{{ config(materialized='view') }}
{% set published = segmentation.published_profiles() %}
{% set string = dbt.type_string() %}

{% if published %}

    select
        customer_id,
        segment_id,
        previous_segment_id,
        action_id,
        email_sha256,
        churn_band,
        value_band,
        row_hash,
        has_email_consent,
        has_sms_consent,
        has_push_consent,
        is_syncable

    from {{ published }}

    where operation = 'upsert'

{% else %}

    select
        cast(null as {{ string }}) as customer_id,
        cast(null as {{ string }}) as segment_id,
        cast(null as {{ string }}) as previous_segment_id,
        cast(null as {{ string }}) as action_id,
        cast(null as {{ string }}) as email_sha256,
        cast(null as {{ string }}) as churn_band,
        cast(null as {{ string }}) as value_band,
        cast(null as {{ string }}) as row_hash,
        cast(null as {{ dbt.type_boolean() }}) as has_email_consent,
        cast(null as {{ dbt.type_boolean() }}) as has_sms_consent,
        cast(null as {{ dbt.type_boolean() }}) as has_push_consent,
        cast(null as {{ dbt.type_boolean() }}) as is_syncable
    where 1 = 0

{% endif %}
