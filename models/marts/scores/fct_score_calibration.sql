-- One row per version of a score and tenth of the test slice by the prediction.
with

registry as (

    select * from {{ ref('int_score_models__registered') }}

)

select
    model_version || '|' || item as score_calibration_id,
    model_version,
    score_name,
    candidate,
    cast(item as {{ dbt.type_int() }}) as decile,
    n_customers,
    predicted_value as mean_prediction,
    numeric_value as mean_outcome,
    low_value,
    high_value,
    predicted_value >= low_value and predicted_value <= high_value
        as is_within_interval

from registry

where section = 'decile'
