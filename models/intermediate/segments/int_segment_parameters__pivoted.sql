-- One row per snapshot whose version was fitted: the version's scaling and its centres
-- side by side, so that scoring is one join and one expression. A feature that was not
-- fitted has weight 0.
{% set features = segmentation.scorable_features() %}
{% set n_slots = segmentation.max_fitted_segments() %}
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

versions as (

    select * from {{ ref('int_segment_versions__effective') }}

),

segments as (

    select
        model_version,
        item as segment_id,
        row_number() over (partition by model_version order by item asc) as slot

    from registry

    where section = 'segment'

),

scalings as (

    select
        {% for feature in features %}
            {% for item in ['null_reference', 'location', 'scale', 'weight'] %}
                max(
                    case
                        when feature_name = '{{ feature }}' and item = '{{ item }}'
                            then numeric_value
                    end
                ) as {{ feature }}_{{ item }},
            {% endfor %}
            max(
                case
                    when feature_name = '{{ feature }}' and item = 'transform'
                        then text_value
                end
            ) as {{ feature }}_transform,
        {% endfor %}
        model_version

    from registry

    where section = 'feature'

    group by model_version

),

centers as (

    select
        registry.model_version,
        segments.slot,
        registry.feature_name,
        registry.numeric_value

    from registry

    inner join segments
        on
            registry.model_version = segments.model_version
            and registry.item = segments.segment_id

    where registry.section = 'center'

),

wide_centers as (

    select
        {% for slot in range(1, n_slots + 1) %}
            {% for feature in features %}
                max(
                    case
                        when slot = {{ slot }} and feature_name = '{{ feature }}'
                            then numeric_value
                    end
                ) as {{ feature }}_center_{{ slot }},
            {% endfor %}
        {% endfor %}
        model_version

    from centers

    group by model_version

),

wide_segments as (

    select
        model_version,
        {% for slot in range(1, n_slots + 1) %}
            max(case when slot = {{ slot }} then segment_id end)
                as segment_id_{{ slot }},
        {% endfor %}
        count(*) as n_segments

    from segments

    group by model_version

)

select
    versions.as_of_date,
    versions.model_version,
    {% for slot in range(1, n_slots + 1) %}
        wide_segments.segment_id_{{ slot }},
    {% endfor %}
    {% for feature in features %}
        coalesce(scalings.{{ feature }}_null_reference, 0)
            as {{ feature }}_null_reference,
        coalesce(scalings.{{ feature }}_location, 0) as {{ feature }}_location,
        coalesce(scalings.{{ feature }}_scale, 1) as {{ feature }}_scale,
        coalesce(scalings.{{ feature }}_weight, 0) as {{ feature }}_weight,
        coalesce(scalings.{{ feature }}_transform, 'none') as {{ feature }}_transform,
        {% for slot in range(1, n_slots + 1) %}
            coalesce(wide_centers.{{ feature }}_center_{{ slot }}, 0)
                as {{ feature }}_center_{{ slot }},
        {% endfor %}
    {% endfor %}
    wide_segments.n_segments

from versions

inner join wide_segments
    on versions.model_version = wide_segments.model_version

inner join scalings
    on versions.model_version = scalings.model_version

inner join wide_centers
    on versions.model_version = wide_centers.model_version

where versions.method in ('kmeans', 'density')
