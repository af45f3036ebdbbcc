-- Warns when rules stand in for a recipe that could not be fitted; column failure of
-- dim_segment_model_versions says why.
{{ config(severity='warn') }}
with

versions as (

    select * from {{ ref('dim_segment_model_versions') }}

)

select
    model_version,
    failure

from versions

where
    is_active
    and status = 'fallback'
