-- One row per sampled customer, as of the last snapshot: the place on the map of the
-- first two principal components.
{% set features = segmentation.scorable_features() %}
{% set double = segmentation.type_double() %}
with

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

parameters as (

    select * from {{ ref('int_segment_parameters__pivoted') }}

),

components as (

    select * from {{ ref('fct_segment_components') }}

),

ranked as (

    -- the hash makes the sample random, and the same in every build
    select
        customer_id,
        segment_id,
        model_version,
        as_of_date,
        row_number() over (
            order by {{ dbt.hash('customer_id') }} asc, customer_id asc
        ) as sample_number

    from assigned

    where has_ordered

),

sampled as (

    select * from ranked
    where sample_number <= {{ var('segmentation_projected_customers') }}

),

described as (

    select
        sampled.segment_id,
        features.*

    from sampled

    inner join features
        on
            sampled.as_of_date = features.as_of_date
            and sampled.customer_id = features.customer_id

),

scaled as (

    {% for feature in features %}
        {% set value -%}
            coalesce(
                cast(described.{{ feature }} as {{ double }}),
                parameters.{{ feature }}_null_reference
            )
        {%- endset %}
        select
            described.as_of_date,
            described.customer_id,
            described.segment_id,
            parameters.model_version,
            '{{ feature }}' as feature_name,
            (
                case
                    when parameters.{{ feature }}_transform = 'log'
                        then ln(1 + greatest({{ value }}, 0))
                    else {{ value }}
                end - parameters.{{ feature }}_location
            ) / parameters.{{ feature }}_scale as scaled_value
        from described
        inner join parameters
            on described.as_of_date = parameters.as_of_date
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
