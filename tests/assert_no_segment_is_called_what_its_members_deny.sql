-- Each published name and strategy that makes a claim is borne out by the medians of
-- the customers whom it is published for, made here from their features.
{% set measures = segmentation.profiled_features() %}
{% set double = segmentation.type_double() %}
{% call segmentation.if_all_are_built() %}
with

assigned as (

    select * from {{ ref('dim_customer_segments') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

claims as (

    select * from {{ segmentation.ref_seed('claims') }}

),

members as (

    select
        assigned.segment_id,
        assigned.segment_name,
        assigned.strategy,
        features.*

    from assigned

    inner join features
        on
            assigned.as_of_date = features.as_of_date
            and assigned.customer_id = features.customer_id

),

medians as (

    select
        {% for measure in measures %}
            percentile_cont(0.5) within group (
                order by cast({{ measure }} as {{ double }})
            ) as {{ measure }},
        {% endfor %}
        segment_id,
        segment_name,
        strategy
    from members
    group by
        segment_id,
        segment_name,
        strategy

),

claimed as (

    select
        medians.segment_id,
        medians.segment_name,
        medians.strategy,
        claims.claim,
        claims.feature_name,
        claims.median_minimum,
        claims.median_maximum,
        coalesce(
            {% for measure in measures %}
                case when claims.feature_name = '{{ measure }}' then {{ measure }} end,
            {% endfor %}
            null
        ) as segment_median

    from medians

    inner join personas
        on medians.segment_id = personas.segment_id

    inner join claims
        on medians.segment_id = claims.segment_id

    where
        (claims.claim = 'name' and medians.segment_name = personas.segment_name)
        or (claims.claim = 'strategy' and medians.strategy = personas.strategy)

)

select *
from claimed
where
    segment_median is null
    or segment_median < median_minimum
    or segment_median > median_maximum

{% endcall %}
