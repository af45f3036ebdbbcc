-- What is synced, what is current and what the history ends with are one and the same.
{% call segmentation.if_all_are_built() %}
with

profiles as (

    select * from {{ ref('rpt_esp_profiles') }}

),

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

history as (

    select * from {{ ref('fct_customer_segment_history') }}

),

published as (

    select
        customer_id,
        segment_id

    from profiles

    where operation = 'upsert'

),

open_spells as (

    select
        customer_id,
        segment_id,
        valid_from_date

    from history

    where is_current

)

select
    assigned.customer_id,
    assigned.segment_id,
    published.segment_id as published_segment_id,
    open_spells.segment_id as history_segment_id

from assigned

full outer join published
    on assigned.customer_id = published.customer_id

full outer join open_spells
    on assigned.customer_id = open_spells.customer_id

where
    assigned.segment_id is null
    or coalesce(published.segment_id, '') != assigned.segment_id
    or coalesce(open_spells.segment_id, '') != assigned.segment_id
    or open_spells.valid_from_date != assigned.segment_since

{% endcall %}
