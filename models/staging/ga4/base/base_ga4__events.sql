-- One row per event of the export, with those of its parameters that are read. A copy
-- of the export may lack columns that were always null. A table, so that a build reads
-- the export once, unless there are addresses in it.
{{ config(
    enabled=segmentation.is_in_use('ga4'),
    materialized='view' if var('segmentation_ga4_user_id') == 'email' else 'table'
) }}
{% set types = segmentation.ga4_types() %}
{% set may_lack = ['user_id', 'user_pseudo_id', 'items', 'event_bundle_sequence_id'] %}
with

source as (

    select
        {% for column in may_lack if types and column not in types %}
            cast(null as {{ dbt.type_string() }}) as {{ column }},
        {% endfor %}
        *
    from {{ source('ga4', 'events') }} {{ segmentation.ga4_days() }}

)

select
    {{ segmentation.to_id('user_id', types.user_id) }} as user_id,
    {{ segmentation.to_id('user_pseudo_id', types.user_pseudo_id) }}
        as user_pseudo_id,
    {{ segmentation.to_text('event_name') }} as event_name,
    {{ segmentation.event_param(
        'event_params', 'ga_session_id', types.event_params
    ) }} as ga_session_id,
    {{ segmentation.first_item_id(
        'items', types.get('items', 'text' if types else none)
    ) }} as item_id,
    cast(event_bundle_sequence_id as {{ dbt.type_string() }})
        as event_bundle_sequence_id,
    {{ segmentation.from_microseconds('event_timestamp') }} as occurred_at

from source
