-- One row per score, published snapshot and customer whose model is a formula.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
with

described as (

    select * from {{ ref('int_customer_slices__described') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

versions as (

    select * from {{ ref('int_score_versions__effective') }}

),

parameters as (

    select * from {{ ref('int_score_parameters__pivoted') }}

),

summed as (

    select
        described.as_of_date,
        described.customer_id,
        versions.score_name,
        versions.model_version,
        parameters.kind,
        parameters.link,
        parameters.constant_score,
        case parameters.carried_column
            {% for window in [90, 180, 365] %}
                when 'net_amount_{{ window }}d' then described.net_amount_{{ window }}d
            {% endfor %}
        end as carried_amount,
        parameters.intercept
        {% for feature in segmentation.score_features() %}
            {% set filled = 'coalesce(described.' ~ feature.name ~ ', parameters.'
                ~ feature.name ~ '_null_reference)' %}
            + parameters.{{ feature.name }}_coefficient
            {% if feature.transform == 'log' %}
                * ln(1 + greatest({{ filled }}, 0))
            {% else %}
                * {{ filled }}
            {% endif %}
        {% endfor %}
            as link_score

    from described

    inner join versions
        on described.as_of_date = versions.as_of_date

    inner join parameters
        on versions.model_version = parameters.model_version

    where versions.is_formula

)

select
    as_of_date,
    customer_id,
    score_name,
    model_version,
    cast(
        case
            when kind = 'constant' then constant_score
            when kind = 'carry_forward' then greatest(carried_amount, 0)
            when link = 'logit'
                then 1 / (1 + exp(-greatest(least(link_score, 30), -30)))
            else exp(greatest(least(link_score, 30), -30))
        end as {{ double }}
    ) as raw_score

from summed
