-- All 25 cells of recency and frequency-monetary score have a segment.
with

cells as (

    select * from {{ segmentation.ref_seed('rfm_cells') }}

)

select
    count(*) as n_cells,
    count(distinct segment_id) as n_segments

from cells

where
    recency_score between 1 and 5
    and frequency_monetary_score between 1 and 5

having count(*) != 25
