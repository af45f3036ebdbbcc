-- One row per whole number from 0; enough to number the demo shop's customers.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set n_customers = var('segmentation_demo_customers') | int %}
{% set n_digits = [4, (n_customers - 1) | string | length] | max %}
with

digits as (

    select cast(digit as {{ dbt.type_bigint() }}) as digit
    from {{ ref('demo_digits') }}

)

select
    digits_0.digit
    {% for place in range(1, n_digits) %}
        + digits_{{ place }}.digit * {{ 10 ** place }}
    {% endfor %}
        as number

from digits as digits_0
{% for place in range(1, n_digits) %}
    cross join digits as digits_{{ place }}
{% endfor %}
