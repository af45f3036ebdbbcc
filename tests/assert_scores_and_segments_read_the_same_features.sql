-- What scores read of a customer on a published day is what that day's features say,
-- known or unknown alike: each feature has one definition.
{% set only_of_slices = ['n_lines', 'n_order_weeks'] %}
{% set shared = ['net_amount_180d', 'net_amount_365d'] %}
{% for feature in segmentation.score_features() if feature.name not in only_of_slices %}
    {% do shared.append(feature.name) %}
{% endfor %}
{% set double = segmentation.type_double() %}
{% call segmentation.if_all_are_built() %}
with

slices as (

    select * from {{ ref('int_customer_slices__described') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

paired as (

    select
        slices.as_of_date,
        slices.customer_id,
        {% for feature in shared %}
            slices.{{ feature }} as {{ feature }}_of_slice,
            cast(features.{{ feature }} as {{ double }}) as {{ feature }}_of_features
            {%- if not loop.last %},{% endif +%}
        {% endfor %}

    from slices

    inner join features
        on
            slices.as_of_date = features.as_of_date
            and slices.customer_id = features.customer_id

),

compared as (

    {% for feature in shared %}
        select
            as_of_date,
            customer_id,
            '{{ feature }}' as feature_name,
            {{ feature }}_of_slice as value_of_slice,
            {{ feature }}_of_features as value_of_features
        from paired
        where
            abs({{ feature }}_of_slice - {{ feature }}_of_features)
            > 1.0e-9 * (1 + abs({{ feature }}_of_features))
            or case when {{ feature }}_of_slice is null then 1 else 0 end
            != case when {{ feature }}_of_features is null then 1 else 0 end
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select *
from compared

{% endcall %}
