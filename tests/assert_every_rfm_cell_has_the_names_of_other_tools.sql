-- All 125 cells of recency, frequency and monetary score have a group of Shopify's and
-- one of Klaviyo's, whether the names come from the seed or from a table of one's own.
with

group_names as (

    select * from {{ segmentation.ref_seed('rfm_group_names') }}

)

select count(*) as n_cells

from group_names

where
    recency_score between 1 and 5
    and frequency_score between 1 and 5
    and monetary_score between 1 and 5
    and shopify_rfm_group is not null
    and klaviyo_rfm_group is not null

having count(*) != 125
