-- One row per score, published snapshot and customer with an order: the score of the
-- active version, calibrated. No row where nothing is active.
{% set n_knots = 10 %}
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
        max(case when item = 'scale' then numeric_value end) as scale_factor,
        {% for i in range(n_knots) %}
            max(case when item = 'knot_{{ i }}' then numeric_value end) as knot_{{ i }},
        {% endfor %}
        {% for i in range(n_knots + 1) %}
            max(case when item = 'slope_{{ i }}' then numeric_value end)
                as slope_{{ i }}{% if not loop.last %},{% endif %}
        {% endfor %}

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
    calibrations.scale_factor
    * case
        -- the line through the tenths of an amount, piece by piece
        when calibrations.knot_0 is not null
            then
                calibrations.slope_0 * least(scores.raw_score, calibrations.knot_0)
                {% for i in range(1, n_knots) %}
                    + calibrations.slope_{{ i }} * (
                        least(
                            greatest(scores.raw_score, calibrations.knot_{{ i - 1 }}),
                            calibrations.knot_{{ i }}
                        ) - calibrations.knot_{{ i - 1 }}
                    )
                {% endfor %}
                + calibrations.slope_{{ n_knots }} * (
                    greatest(scores.raw_score, calibrations.knot_{{ n_knots - 1 }})
                    - calibrations.knot_{{ n_knots - 1 }}
                )
        else
            {{ segmentation.recalibrated(
                'scores.raw_score',
                'calibrations.slope',
                'calibrations.intercept',
                'calibrations.prior_offset'
            ) }}
    end as score

from scores

inner join calibrations
    on scores.model_version = calibrations.model_version
