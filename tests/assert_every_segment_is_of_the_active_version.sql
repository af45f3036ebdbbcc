-- As of the last snapshot, customers with an order are in a segment of the recipe in
-- force, or of the rules where these are, and nobody else is in one of them.
{% call segmentation.if_all_are_built() %}
with

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

versions as (

    select * from {{ ref('dim_segment_model_versions') }}

),

cells as (

    select * from {{ segmentation.ref_seed('rfm_cells') }}

),

possible as (

    select
        false as has_ordered,
        segment_id

    from segments

    where segment_id = 'prospects'

    union all

    select
        true as has_ordered,
        segments.segment_id

    from segments

    inner join versions
        on segments.recipe = versions.recipe

    where
        versions.is_active
        and versions.method != 'rules'

    union all

    select distinct
        true as has_ordered,
        cells.segment_id

    from cells

    inner join versions
        on versions.method = 'rules'

    where versions.is_active

)

select
    assigned.customer_id,
    assigned.has_ordered,
    assigned.segment_id

from assigned

left join possible
    on
        assigned.has_ordered = possible.has_ordered
        and assigned.segment_id = possible.segment_id

where possible.segment_id is null

{% endcall %}
