-- One row per column that scores may read.
{% for feature in segmentation.score_features() %}
    select
        '{{ feature.name }}' as feature_name,
        '{{ feature.transform }}' as transform,
        {{ feature.is_clock }} as is_clock,
        {{ feature.name != 'tenure_days' }} as is_for_trees
    {% if not loop.last %}union all{% endif %}
{% endfor %}
