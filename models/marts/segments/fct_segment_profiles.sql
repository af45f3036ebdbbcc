-- One row per segment and feature, as of the last snapshot.
{% set double = segmentation.type_double() %}
with

measured as (

    select * from {{ ref('int_segment_features__measured') }}

),

population as (

    select
        feature_name,
        round(avg(feature_value), 10) as population_mean,
        stddev_pop(feature_value) as population_stddev

    from measured

    group by feature_name

),

profiled as (

    select
        as_of_date,
        segment_id,
        feature_name,
        count(*) as n_customers,
        -- a sum of doubles depends on its order in the last digits
        round(avg(feature_value), 10) as segment_mean,
        percentile_cont(0.5) within group (order by feature_value) as segment_median

    from measured

    group by
        as_of_date,
        segment_id,
        feature_name

)

select
    profiled.segment_id || '|' || profiled.feature_name as segment_profile_id,
    profiled.segment_id,
    profiled.feature_name,
    profiled.n_customers,
    profiled.segment_mean,
    cast(profiled.segment_median as {{ double }}) as segment_median,
    population.population_mean,
    (profiled.segment_mean - population.population_mean)
    / nullif(population.population_stddev, 0) as standardised_mean,
    profiled.segment_mean / nullif(population.population_mean, 0) - 1
        as relative_importance,
    profiled.as_of_date

from profiled

inner join population
    on profiled.feature_name = population.feature_name
