-- One row per buyer of the shop, with the segment that the package puts them in.
with

buyers as (

    select * from {{ ref('shop_buyers') }}

),

segments as (

    select * from {{ ref('segmentation', 'dim_customer_segments') }}

)

select
    buyers.buyer_no,
    buyers.mail,
    segments.segment_id,
    segments.segment_name,
    segments.segment_since

from buyers

left join segments
    on buyers.buyer_no = segments.customer_id
