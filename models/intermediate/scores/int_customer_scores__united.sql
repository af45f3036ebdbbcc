-- One row per score, published snapshot and customer with an order: the score of the
-- active version, calibrated. No row where nothing is active.
with

calculated as (

    select * from {{ ref('int_customer_scores__calculated') }}

),

boosted as (

    select * from {{ ref('int_customer_scores__boosted') }}

),

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

scores as (

    select * from calculated
    union all
    select * from boosted

),

calibrations as (

    select
        model_version,
        max(case when item = 'slope' then numeric_value end) as slope,
        max(case when item = 'intercept' then numeric_value end) as intercept,
        max(case when item = 'offset' then numeric_value end) as prior_offset,
        max(case when item = 'scale' then numeric_value end) as scale_factor

    from registry

    where section = 'calibration'

    group by model_version

)

select
    scores.as_of_date,
    scores.customer_id,
    scores.score_name,
    scores.model_version,
    scores.raw_score,
    calibrations.scale_factor * {{ segmentation.recalibrated(
        'scores.raw_score',
        'calibrations.slope',
        'calibrations.intercept',
        'calibrations.prior_offset'
    ) }} as score

from scores

inner join calibrations
    on scores.model_version = calibrations.model_version
