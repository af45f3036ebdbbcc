-- One row per customer row received, with the reason it was rejected for, if any.
{{ config(post_hook="{{ segmentation.forget_erased_customers() }}") }}
with

customers as (

    select * from {{ ref('int_customer_rows__numbered') }}

)

select
    -- ids
    customer_id,

    -- strings
    case
        when customer_id is null or trim(customer_id) = '' then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
        when connector_reject_reason is not null then connector_reject_reason
        when is_test_account then 'test_account'
        when customer_erased_at <= {{ segmentation.extracted_at() }}
            then 'erased_customer'
    end as reject_reason,
    gender,
    country,
    state,
    city,

    -- numerics
    copy_number,
    {{ segmentation.within_range('customers', 'age') }} as age,

    -- timestamps
    {{ segmentation.within_range('customers', 'birth_date') }} as birth_date,
    {{ segmentation.within_range('customers', 'first_seen_at') }} as first_seen_at,
    -- whoever asked to be erased did, whatever the day says
    erased_at

from customers
