-- One row per version of a score, candidate, measure and past day it was judged on.
with

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

versions as (

    select * from {{ ref('dim_score_model_versions') }}

)

select
    -- ids
    registry.model_version || '|' || registry.candidate || '|' || registry.item
        as score_origin_id,
    registry.model_version,

    -- strings
    registry.score_name,
    registry.candidate,
    substr(registry.item, 12) as measure,

    -- numerics
    registry.n_customers,
    registry.numeric_value as measured_value,

    -- booleans
    registry.candidate = versions.kind as is_published_candidate,

    -- timestamps
    cast(substr(registry.item, 1, 10) as date) as origin_date

from registry

inner join versions
    on registry.model_version = versions.model_version

where registry.section = 'origin'
