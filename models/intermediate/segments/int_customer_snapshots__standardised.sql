-- One row per customer with an order and snapshot of a fitted version: the features in
-- that version's standardised units; 0, the mean, for a feature it did not fit.
{{ config(materialized='view') }}
{% set features = segmentation.scorable_features() %}
{% set double = segmentation.type_double() %}
with

features as (

    select * from {{ ref('fct_customer_features') }}

),

versions as (

    select * from {{ ref('int_segment_versions__effective') }}

),

parameters as (

    select * from {{ ref('int_segment_parameters__pivoted') }}

)

select
    features.as_of_date,
    features.customer_id,
    {% for feature in features %}
        {% set value -%}
            coalesce(
                cast(features.{{ feature }} as {{ double }}),
                parameters.{{ feature }}_null_reference
            )
        {%- endset %}
        (
            case
                when parameters.{{ feature }}_transform = 'log'
                    then ln(1 + greatest({{ value }}, 0))
                else {{ value }}
            end - parameters.{{ feature }}_mean
        ) / parameters.{{ feature }}_scale as {{ feature }},
    {% endfor %}
    versions.model_version

from features

inner join versions
    on features.as_of_date = versions.as_of_date

inner join parameters
    on versions.model_version = parameters.model_version

where
    features.has_ordered
    and versions.method = 'kmeans'
