-- Every feature that a recipe may name is in fct_feature_availability, as scorable.
with

availability as (

    select * from {{ ref('fct_feature_availability') }}

),

scorable as (

    {% for feature in segmentation.scorable_features() %}
        select '{{ feature }}' as feature_name
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select scorable.feature_name

from scorable

left join availability
    on scorable.feature_name = availability.feature_name

where
    availability.feature_name is null
    or not availability.is_scorable
