-- One row per customer with anything to show: the products to suggest and the category
-- looked at most and not bought, as of the last snapshot.
{{ config(materialized='view') }}
with

suggestions as (

    select * from {{ ref('fct_customer_product_suggestions') }}

),

browsed as (

    select * from {{ ref('fct_customer_browsed_categories') }}
    where retargeting_rank = 1

),

suggested as (

    select
        customer_id,
        {% for rank in range(1, segmentation.synced_suggestions() + 1) %}
            max(case when suggestion_rank = {{ rank }} then product_id end)
                as suggested_product_id_{{ rank }},
            max(case when suggestion_rank = {{ rank }} then product_name end)
                as suggested_product_name_{{ rank }},
        {% endfor %}
        count(*) as n_suggestions

    from suggestions

    group by customer_id

)

select
    coalesce(suggested.customer_id, browsed.customer_id) as customer_id,
    {% for rank in range(1, segmentation.synced_suggestions() + 1) %}
        suggested.suggested_product_id_{{ rank }},
        suggested.suggested_product_name_{{ rank }},
    {% endfor %}
    browsed.category as browsed_category

from suggested

full outer join browsed
    on suggested.customer_id = browsed.customer_id
