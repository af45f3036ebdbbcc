-- One row per version of a score, candidate and measure, on the test slice.
with

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

versions as (

    select * from {{ ref('dim_score_model_versions') }}

),

gains as (

    select * from registry
    where section = 'gain'

),

measures as (

    select * from registry
    where section = 'measure'

)

select
    -- ids
    measures.model_version || '|' || measures.candidate || '|' || measures.item
        as model_scorecard_id,
    measures.model_version,

    -- strings
    measures.score_name,
    measures.candidate,
    measures.item as measure,

    -- numerics
    measures.n_customers,
    measures.numeric_value as measured_value,
    measures.low_value,
    measures.high_value,
    gains.numeric_value as gain_of_published,
    gains.low_value as low_gain,
    gains.high_value as high_gain,

    -- booleans
    measures.candidate = versions.kind as is_published_candidate,

    -- timestamps
    versions.test_date

from measures

inner join versions
    on measures.model_version = versions.model_version

left join gains
    on
        measures.model_version = gains.model_version
        and measures.candidate = gains.candidate
        and measures.item = gains.item
