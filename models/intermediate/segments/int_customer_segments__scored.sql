-- One row per customer and snapshot: the segment that the version in force puts the
-- customer in on that day, before any confirmation.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set features = segmentation.scorable_features() %}
{% set slots = range(1, segmentation.max_fitted_segments() + 1) %}
{% set far = '1.0e300' %}
with

rfm as (

    select * from {{ ref('fct_customer_rfm') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

standardised as (

    select * from {{ ref('int_customer_snapshots__standardised') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

parameters as (

    select * from {{ ref('int_segment_parameters__pivoted') }}

),

versions as (

    select * from {{ ref('int_segment_versions__effective') }}

),

cells as (

    select * from {{ segmentation.ref_seed('rfm_cells') }}

),

distances as (

    -- squared, weighted; a slot without a segment is out of reach
    select
        {% for slot in slots %}
            parameters.segment_id_{{ slot }},
            case
                when parameters.n_segments >= {{ slot }}
                    then (
                        {% for feature in features %}
                            power(
                                parameters.{{ feature }}_weight * (
                                    standardised.{{ feature }}
                                    - parameters.{{ feature }}_center_{{ slot }}
                                ),
                                2
                            ){{ " +" if not loop.last }}
                        {% endfor %}
                    )
                else {{ far }}
            end as distance_{{ slot }},
        {% endfor %}
        standardised.as_of_date,
        standardised.customer_id

    from standardised

    inner join parameters
        on standardised.model_version = parameters.model_version

),

nearest as (

    select
        *,
        least(
            {% for slot in slots %}
                distance_{{ slot }}{{ "," if not loop.last }}
            {% endfor %}
        ) as nearest_distance

    from distances

),

placed as (

    -- of two centres equally near, the first by id
    select
        *,
        case
            {% for slot in slots %}
                when distance_{{ slot }} = nearest_distance then {{ slot }}
            {% endfor %}
        end as nearest_slot

    from nearest

),

runners_up as (

    select
        *,
        least(
            {% for slot in slots %}
                case
                    when nearest_slot = {{ slot }} then {{ far }}
                    else distance_{{ slot }}
                end
                {{- "," if not loop.last }}
            {% endfor %}
        ) as second_distance

    from placed

),

fitted as (

    select
        as_of_date,
        customer_id,
        case nearest_slot
            {% for slot in slots %}
                when {{ slot }} then segment_id_{{ slot }}
            {% endfor %}
        end as segment_id,
        case
            {% for slot in slots %}
                when
                    nearest_slot != {{ slot }}
                    and distance_{{ slot }} = second_distance
                    then segment_id_{{ slot }}
            {% endfor %}
        end as second_segment_id,
        1 - sqrt(nearest_distance) / nullif(sqrt(second_distance), 0)
            as confidence

    from runners_up

),

rule_scores as (

    select
        as_of_date,
        customer_id,
        recency_score,
        -- the mean of the two, half rounded up
        cast(
            floor((frequency_score + monetary_score + 1) / 2.0) as {{ dbt.type_int() }}
        ) as frequency_monetary_score

    from rfm

    where has_ordered

),

ruled as (

    select
        rule_scores.as_of_date,
        rule_scores.customer_id,
        cells.segment_id

    from rule_scores

    inner join cells
        on
            rule_scores.recency_score = cells.recency_score
            and rule_scores.frequency_monetary_score = cells.frequency_monetary_score

)

select
    rfm.as_of_date,
    rfm.customer_id,
    case
        when not rfm.has_ordered then 'prospects'
        when versions.method = 'rules' then ruled.segment_id
        else fitted.segment_id
    end as segment_id,
    case when versions.method != 'rules' then fitted.second_segment_id end
        as second_segment_id,
    case when versions.method != 'rules' then fitted.confidence end as confidence,
    versions.model_version,
    -- what the customer is segmented by: a change of it needs no confirmation
    case
        when not rfm.has_ordered then 'prospects'
        when versions.method = 'rules' then 'rules'
        else versions.recipe
    end as scheme

from rfm

inner join versions
    on rfm.as_of_date = versions.as_of_date

left join fitted
    on
        rfm.as_of_date = fitted.as_of_date
        and rfm.customer_id = fitted.customer_id

left join ruled
    on
        rfm.as_of_date = ruled.as_of_date
        and rfm.customer_id = ruled.customer_id
