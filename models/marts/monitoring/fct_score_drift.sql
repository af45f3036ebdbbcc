-- One row per score, published snapshot and feature, and one for the score itself.
{% set double = segmentation.type_double() %}
{% set floor_share = 'cast(1e-4 as ' ~ double ~ ')' %}
with

counted as (

    select * from {{ ref('int_score_bins__counted') }}

),

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

features as (

    select * from {{ ref('int_score_features__listed') }}

),

expected as (

    select
        model_version,
        feature_name,
        case
            when item = 'null_share' then -1
            else cast(item as {{ dbt.type_int() }})
        end as bin_number,
        case when item = 'null_share' then numeric_value else predicted_value end
            as expected_share

    from registry

    where section = 'reference'

),

days as (

    select
        score_name,
        model_version,
        as_of_date,
        feature_name,
        cast(sum(n_customers) as {{ dbt.type_bigint() }}) as n_customers

    from counted

    group by
        score_name,
        model_version,
        as_of_date,
        feature_name

),

compared as (

    select
        days.score_name,
        days.model_version,
        days.as_of_date,
        days.feature_name,
        days.n_customers,
        greatest(expected.expected_share, {{ floor_share }}) as expected_share,
        greatest(
            coalesce(1.0e0 * counted.n_customers / days.n_customers, 0),
            {{ floor_share }}
        ) as actual_share

    from days

    inner join expected
        on
            days.model_version = expected.model_version
            and days.feature_name = expected.feature_name

    left join counted
        on
            days.score_name = counted.score_name
            and days.model_version = counted.model_version
            and days.as_of_date = counted.as_of_date
            and days.feature_name = counted.feature_name
            and expected.bin_number = counted.bin_number

),

summed as (

    select
        score_name,
        model_version,
        as_of_date,
        feature_name,
        min(n_customers) as n_customers,
        sum((actual_share - expected_share) * ln(actual_share / expected_share))
            as stability_index

    from compared

    group by
        score_name,
        model_version,
        as_of_date,
        feature_name

)

select
    summed.score_name
    || '|'
    || cast(summed.as_of_date as {{ dbt.type_string() }})
    || '|'
    || summed.feature_name as score_drift_id,
    summed.score_name,
    summed.model_version,
    summed.as_of_date,
    summed.feature_name,
    summed.n_customers,
    cast(summed.stability_index as {{ double }}) as population_stability_index,
    coalesce(features.is_clock, false) as is_clock,
    case
        when features.is_clock then 'clock'
        when summed.stability_index >= 0.25 then 'large'
        when summed.stability_index >= 0.1 then 'some'
        else 'none'
    end as drift

from summed

left join features
    on summed.feature_name = features.feature_name
