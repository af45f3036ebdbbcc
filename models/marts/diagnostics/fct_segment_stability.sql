-- One row per version of the segment model and segment.
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

found_again as (

    select
        model_version,
        item as segment_id,
        numeric_value as jaccard_stability

    from registry

    where section = 'jaccard'

),

fitted as (

    select
        model_version,
        item as segment_id,
        as_of_date as fitted_as_of_date,
        cast(numeric_value as {{ dbt.type_bigint() }}) as n_sampled

    from registry

    where section = 'segment'

)

select
    fitted.model_version || '|' || fitted.segment_id as segment_stability_id,
    fitted.model_version,
    fitted.segment_id,
    fitted.n_sampled,
    found_again.jaccard_stability,
    fitted.fitted_as_of_date

from fitted

inner join found_again
    on
        fitted.model_version = found_again.model_version
        and fitted.segment_id = found_again.segment_id
