-- One row per sampled customer, as of the last snapshot: the place on the map of the
-- first two principal components.
{% set features = segmentation.scorable_features() %}
{% set double = segmentation.type_double() %}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

parameters as (

    select * from {{ ref('int_segment_parameters__pivoted') }}

),

components as (

    select * from {{ ref('int_segment_components__listed') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from confirmed

),

assigned as (

    select confirmed.*

    from confirmed

    inner join last_snapshot
        on confirmed.as_of_date = last_snapshot.as_of_date

),

described as (

    select
        assigned.segment_id,
        features.*

    from assigned

    inner join features
        on
            assigned.as_of_date = features.as_of_date
            and assigned.customer_id = features.customer_id

    where features.has_ordered

),

ranked as (

    -- the hash makes the sample random, and the same in every build
    select
        *,
        row_number() over (
            order by {{ dbt.hash('customer_id') }} asc, customer_id asc
        ) as sample_number

    from described

),

sampled as (

    select * from ranked
    where sample_number <= {{ var('segmentation_projected_customers') }}

),

scaled as (

    {% for feature in features %}
        {% set value -%}
            coalesce(
                cast(sampled.{{ feature }} as {{ double }}),
                parameters.{{ feature }}_null_reference
            )
        {%- endset %}
        select
            sampled.as_of_date,
            sampled.customer_id,
            sampled.segment_id,
            parameters.model_version,
            '{{ feature }}' as feature_name,
            (
                case
                    when parameters.{{ feature }}_transform = 'log'
                        then ln(1 + greatest({{ value }}, 0))
                    else {{ value }}
                end - parameters.{{ feature }}_location
            ) / parameters.{{ feature }}_scale as scaled_value
        from sampled
        inner join parameters
            on sampled.as_of_date = parameters.as_of_date
        where parameters.{{ feature }}_weight > 0
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

projected as (

    select
        scaled.as_of_date,
        scaled.customer_id,
        scaled.segment_id,
        scaled.model_version,
        sum(
            case
                when components.principal_component = 'component_1'
                    then
                        components.loading
                        * (scaled.scaled_value - components.component_center)
                else 0
            end
        ) as component_1,
        sum(
            case
                when components.principal_component = 'component_2'
                    then
                        components.loading
                        * (scaled.scaled_value - components.component_center)
                else 0
            end
        ) as component_2

    from scaled

    inner join components
        on
            scaled.model_version = components.model_version
            and scaled.feature_name = components.feature_name

    group by
        scaled.as_of_date,
        scaled.customer_id,
        scaled.segment_id,
        scaled.model_version

)

select
    customer_id,
    segment_id,
    model_version,
    component_1,
    component_2,
    as_of_date

from projected
