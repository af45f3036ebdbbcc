-- Buyers that the package lost, or put in more than one segment.
with

buyers as (

    select * from {{ ref('shop_buyers') }}

),

segments as (

    select * from {{ ref('segmentation', 'dim_customer_segments') }}

),

counted as (

    select
        buyers.buyer_no,
        count(segments.segment_id) as n_segments

    from buyers

    left join segments
        on buyers.buyer_no = segments.customer_id

    group by buyers.buyer_no

)

select
    buyer_no,
    n_segments

from counted

where n_segments != 1
