-- One row per customer and feature that is known, as of the last snapshot.
{{ config(materialized='view') }}
{% set features = segmentation.profiled_features() %}
{% set double = segmentation.type_double() %}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

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

joined as (

    select
        assigned.segment_id,
        features.*

    from assigned

    inner join features
        on
            assigned.as_of_date = features.as_of_date
            and assigned.customer_id = features.customer_id

)

{% for feature in features %}
    select
        as_of_date,
        customer_id,
        segment_id,
        '{{ feature }}' as feature_name,
        cast({{ feature }} as {{ double }}) as feature_value
    from joined
    where {{ feature }} is not null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
