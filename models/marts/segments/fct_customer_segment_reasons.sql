-- One row per customer with an order and reason, as of the last snapshot.
with

explained as (

    select * from {{ ref('int_customer_segments__explained') }}

)

select
    customer_id || '|' || cast(reason_number as {{ dbt.type_string() }})
        as customer_segment_reason_id,
    customer_id,
    reason_number,
    feature_name,
    feature_value,
    typical_value,
    reason_in_words

from explained
