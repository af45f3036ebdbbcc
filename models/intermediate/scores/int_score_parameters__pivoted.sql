-- One row per version of a score that is a formula: its numbers side by side, so that
-- scoring is one join and one expression. A column that is not used has coefficient 0.
with

registry as (

    select * from {{ ref('int_score_models__registered') }}

)

select
    model_version,
    max(case when item = 'kind' then text_value end) as kind,
    max(case when item = 'constant' then numeric_value end) as constant_score,
    max(case when item = 'carried' then text_value end) as carried_column,
    max(case when item = 'link' then text_value end) as link,
    {% for feature in segmentation.score_features() %}
        coalesce(
            max(
                case
                    when
                        feature_name = '{{ feature.name }}' and item = 'coefficient'
                        then numeric_value
                end
            ),
            0
        ) as {{ feature.name }}_coefficient,
        coalesce(
            max(
                case
                    when
                        feature_name = '{{ feature.name }}'
                        and item = 'null_reference'
                        then numeric_value
                end
            ),
            0
        ) as {{ feature.name }}_null_reference,
    {% endfor %}
    coalesce(
        max(
            case
                when section = 'parameter' and item = 'intercept' then numeric_value
            end
        ),
        0
    ) as intercept

from registry

where
    section in ('parameter', 'coefficient')
    or (section = 'version' and item = 'kind')

group by model_version
