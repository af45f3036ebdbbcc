-- What scores read of a customer on a published day is what that day's features say,
-- known or unknown alike: each feature has one definition. Left out are customers with
-- a cancellation or a return of unknown day: scores must not know of it, features do.
{% set scored = segmentation.features_used_in('baselines')
    + segmentation.features_used_in('scores') %}
{% set shared = segmentation.features() | selectattr('known_from', 'defined')
    | map(attribute='name') | select('in', scored) | list %}
{% set double = segmentation.type_double() %}
{% call segmentation.if_all_are_built() %}
with

slices as (

    select * from {{ ref('int_customer_slices__described') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

orders as (

    select * from {{ ref('int_orders__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

),

undated as (

    select customer_id
    from orders
    where voided_on != dated_voided_on

    union distinct

    select customer_id
    from returns
    where not is_dated

),

compared as (

    select
        slices.as_of_date,
        slices.customer_id,
        case
            {% for feature in shared %}
                when
                    abs(
                        slices.{{ feature }}
                        - cast(features.{{ feature }} as {{ double }})
                    )
                    > 1.0e-9 * (1 + abs(slices.{{ feature }}))
                    or case when slices.{{ feature }} is null then 1 else 0 end
                    != case when features.{{ feature }} is null then 1 else 0 end
                    then '{{ feature }}'
            {% endfor %}
            else 'none'
        end as feature_that_differs

    from slices

    inner join features
        on
            slices.as_of_date = features.as_of_date
            and slices.customer_id = features.customer_id

    left join undated
        on slices.customer_id = undated.customer_id

    where undated.customer_id is null

)

select *
from compared
where feature_that_differs != 'none'

{% endcall %}
