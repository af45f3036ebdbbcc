-- Reasons are for people: none is made of a column's name.
{% call segmentation.if_all_are_built() %}
with

score_reasons as (

    select * from {{ ref('fct_customer_score_reasons') }}

),

segment_reasons as (

    select * from {{ ref('fct_customer_segment_reasons') }}

),

alerts as (

    select * from {{ ref('fct_customer_alerts') }}

),

reasons as (

    select
        customer_id,
        contribution_in_words as reason
    from score_reasons

    union all

    select
        customer_id,
        reason_in_words as reason
    from segment_reasons

    union all

    select
        customer_id,
        alert_reason as reason
    from alerts

)

select
    customer_id,
    reason

from reasons

where
    reason is null
    or replace(reason, '_', '') != reason

{% endcall %}
