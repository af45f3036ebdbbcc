-- The orders and money of the accepted rows of a customer summary are those of the
-- customers of the last snapshot, customer by customer and exactly.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
{% call segmentation.if_all_are_built() %}
with

summaries as (

    select * from {{ ref('int_customer_summaries__priced') }}

),

assigned as (

    select * from {{ ref('dim_customer_segments') }}

)

select
    coalesce(summaries.customer_id, assigned.customer_id) as customer_id,
    summaries.n_orders,
    assigned.frequency,
    summaries.net_amount,
    assigned.monetary_amount

from summaries

full outer join assigned
    on summaries.customer_id = assigned.customer_id

where
    -- a prospect who came after the snapshot's day is in none
    coalesce(summaries.n_orders, 1) > 0
    and (
        summaries.customer_id is null
        or assigned.customer_id is null
        or summaries.n_orders != assigned.frequency
        or summaries.net_amount != assigned.monetary_amount
    )

{% endcall %}
