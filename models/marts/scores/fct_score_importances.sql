-- One row per version of a score and feature that its model reads.
with

registry as (

    select * from {{ ref('int_score_models__registered') }}

)

select
    model_version || '|' || feature_name as score_importance_id,
    model_version,
    score_name,
    feature_name,
    numeric_value as mean_absolute_contribution,
    predicted_value as contribution_share,
    row_number() over (
        partition by model_version
        order by numeric_value desc, feature_name asc
    ) as importance_rank

from registry

where
    section = 'importance'
    and item = 'mean_absolute_contribution'
