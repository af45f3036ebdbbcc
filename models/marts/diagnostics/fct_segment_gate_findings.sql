-- One row per version of the segment model and criterion that it was judged by.
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

)

select
    model_version || '|' || item as segment_gate_finding_id,
    model_version,
    item as criterion,
    numeric_value as measured_value,
    text_value = 'passed' as has_passed,
    text_value as verdict,
    as_of_date as fitted_as_of_date

from registry

where section = 'gate'
