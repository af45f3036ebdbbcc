-- One row per score, published snapshot, feature and tenth of the day of the fit:
-- customers whose value lies there now. Large shops are counted on a sample.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
{% set n_edges = 9 %}
with

described as (

    select * from {{ ref('int_customer_slices__described') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

versions as (

    select * from {{ ref('int_score_versions__effective') }}

),

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

scores as (

    select * from {{ ref('int_customer_scores__united') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

edges as (

    select
        model_version,
        feature_name,
        {% for i in range(n_edges) %}
            max(case when item = '{{ i }}' then numeric_value end) as edge_{{ i }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from registry

    where section = 'reference'

    group by
        model_version,
        feature_name

),

sizes as (

    select
        as_of_date,
        count(*) as n_customers

    from described

    group by as_of_date

),

sampled as (

    select described.*

    from described

    inner join sizes
        on described.as_of_date = sizes.as_of_date

    where
        {{ segmentation.hash_unit(dbt.hash('described.customer_id')) }}
        * sizes.n_customers < {{ var('segmentation_fit_sample_size') }}

),

valued as (

    {% for feature in segmentation.score_features() %}
        select
            as_of_date,
            '{{ feature.name }}' as feature_name,
            cast(null as {{ dbt.type_string() }}) as model_version,
            cast({{ feature.name }} as {{ double }}) as feature_value
        from sampled
        union all
    {% endfor %}
    select
        scores.as_of_date,
        'score' as feature_name,
        scores.model_version,
        cast(scores.score as {{ double }}) as feature_value
    from scores
    inner join sampled
        on
            scores.as_of_date = sampled.as_of_date
            and scores.customer_id = sampled.customer_id

),

binned as (

    select
        versions.score_name,
        versions.model_version,
        valued.as_of_date,
        valued.feature_name,
        case
            when valued.feature_value is null then -1
            else
                {% for i in range(n_edges) %}
                    case
                        when valued.feature_value > edges.edge_{{ i }} then 1 else 0
                    end
                    {%- if not loop.last %} +{% endif %}
                {% endfor %}
        end as bin_number

    from valued

    inner join versions
        on
            valued.as_of_date = versions.as_of_date
            and coalesce(valued.model_version, versions.model_version)
            = versions.model_version

    inner join edges
        on
            versions.model_version = edges.model_version
            and valued.feature_name = edges.feature_name

)

select
    score_name,
    model_version,
    as_of_date,
    feature_name,
    bin_number,
    cast(count(*) as {{ dbt.type_bigint() }}) as n_customers

from binned

group by
    score_name,
    model_version,
    as_of_date,
    feature_name,
    bin_number
