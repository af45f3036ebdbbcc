-- The three features in which each segment differs most from everybody.
with

profiles as (

    select * from {{ ref('fct_segment_profiles') }}

),

ranked as (

    select
        segment_id,
        feature_name,
        segment_median,
        standardised_mean,
        relative_importance,
        row_number() over (
            partition by segment_id
            order by abs(standardised_mean) desc nulls last, feature_name asc
        ) as strength

    from profiles

)

select
    segment_id,
    feature_name,
    segment_median,
    standardised_mean,
    relative_importance

from ranked

where strength <= 3

order by
    segment_id asc,
    strength asc
