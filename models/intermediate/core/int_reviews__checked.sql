-- One row per review received, with the reason it was rejected for, if any.
with

reviews as (

    select * from {{ ref('int_reviews__united') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

known_customers as (

    select
        customer_id,
        reject_reason

    from customers

    where copy_number = 1

),

numbered as (

    select
        *,
        row_number() over (
            partition by review_id
            order by
                reviewed_at asc nulls last,
                customer_id asc nulls last
        ) as copy_number

    from reviews

),

looked_up as (

    select
        numbered.*,
        known_customers.customer_id is not null as has_customer,
        known_customers.reject_reason as customer_reject_reason

    from numbered

    left join known_customers
        on numbered.customer_id = known_customers.customer_id

)

select
    review_id,
    customer_id,
    rating,
    reviewed_at,
    {{ segmentation.day_of('reviewed_at') }} as occurred_on,
    copy_number,
    case
        when review_id is null or trim(review_id) = '' then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
        when customer_id is null or trim(customer_id) = '' then 'guest'
        when not has_customer then 'unknown_customer'
        when customer_reject_reason is not null then customer_reject_reason
        when reviewed_at is null then 'missing_date'
        when reviewed_at > {{ segmentation.extracted_at() }} then 'future_date'
        when {{ segmentation.is_out_of_range('reviews', 'reviewed_at') }}
            then 'implausible_date'
        when rating is null then 'missing_rating'
        when {{ segmentation.is_out_of_range('reviews', 'rating') }}
            then 'implausible_rating'
    end as reject_reason

from looked_up
