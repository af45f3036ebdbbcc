-- One row per customer whom a publication before this run told of with consent to a
-- channel: whose tags and bands a tool may hold, so that a consent that is withdrawn is
-- told too.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='customer_id',
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history']
) }}
{% set channels = ['email', 'sms', 'push'] %}
with

published as (

    select * from {{ ref('int_profiles__published') }}
    where is_syncable

),

{% if is_incremental() %}

    stored as (

        select * from {{ this }}

    ),

{% else %}

    stored as (

        select
            cast(null as {{ dbt.type_string() }}) as customer_id,
            {% for channel in channels %}
                false as has_been_told_by_{{ channel }},
            {% endfor %}
            0 as n_stored
        where 1 = 0

    ),

{% endif %}

joined as (

    select
        published.customer_id,
        {% for channel in channels %}
            published.has_{{ channel }}_consent
            or coalesce(stored.has_been_told_by_{{ channel }}, false)
                as has_been_told_by_{{ channel }},
            coalesce(stored.has_been_told_by_{{ channel }}, false)
                as was_stored_by_{{ channel }},
        {% endfor %}
        stored.customer_id is null as is_new

    from published

    left join stored
        on published.customer_id = stored.customer_id

)

select
    customer_id,
    has_been_told_by_email,
    has_been_told_by_sms,
    has_been_told_by_push

from joined

where
    is_new
    {% for channel in channels %}
        or has_been_told_by_{{ channel }} != was_stored_by_{{ channel }}
    {% endfor %}
