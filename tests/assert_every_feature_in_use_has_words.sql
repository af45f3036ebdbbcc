-- A feature that segments or scores may be made of has words for a value and for none,
-- those of segments also for much and for little: nobody is shown a column's name.
{% set fitted = segmentation.scorable_features() %}
with

feature_words as (

    select * from {{ segmentation.ref_seed('feature_words') }}

),

used as (

    {% for feature in fitted %}
        select
            '{{ feature }}' as feature_name,
            true as is_fitted
        union all
    {% endfor %}
    {% for feature in segmentation.score_features() if feature.name not in fitted %}
        select
            '{{ feature.name }}' as feature_name,
            false as is_fitted
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select used.feature_name

from used

left join feature_words
    on used.feature_name = feature_words.feature_name

where
    feature_words.words_unknown is null
    or coalesce(feature_words.words_before, feature_words.words_after) is null
    or (
        used.is_fitted
        and (feature_words.words_low is null or feature_words.words_high is null)
    )
