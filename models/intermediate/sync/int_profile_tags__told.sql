-- One row per customer and tag that a publication before this run told tools of. Kept,
-- since a snapshot that is made again may give another tag than it was published with.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history']
) }}
with

published as (

    select * from {{ ref('int_profiles__published') }}

),

tags as (

    select
        customer_id,
        'segment:' || segment_id as tag

    from published

    union all

    select
        customer_id,
        'action:' || action_id as tag

    from published

    where action_id is not null

)

select
    tags.customer_id,
    tags.tag

from tags

{% if is_incremental() %}

    left join {{ this }} as known_tags
        on
            tags.customer_id = known_tags.customer_id
            and tags.tag = known_tags.tag

    where known_tags.customer_id is null

{% endif %}
