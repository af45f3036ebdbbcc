-- One row per accepted customer whose telephone number is written with its country's
-- code. All models work on the hashes; raw numbers are read only for what is sent to a
-- tool that reaches customers by them.
with

customers as (

    select * from {{ ref('int_customers__united') }}

),

numbered as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

checked as (

    select * from {{ ref('int_customers__checked') }}

),

written as (

    select
        customer_id,
        {{ segmentation.phone_e164('phone') }} as phone

    from customers

),

hashed as (

    select
        customer_id,
        phone,
        {{ segmentation.sha256(segmentation.phone_digits('phone')) }} as phone_sha256

    from written

    where phone is not null

    group by
        customer_id,
        phone

),

accepted as (

    -- the number of the row that is kept, and of no other
    select
        numbered.customer_id,
        numbered.phone_key

    from numbered

    inner join checked
        on
            numbered.customer_id = checked.customer_id
            and numbered.copy_number = checked.copy_number

    where
        checked.reject_reason is null
        and numbered.phone_key is not null

)

select
    hashed.customer_id,
    hashed.phone,
    hashed.phone_sha256

from hashed

inner join accepted
    on
        hashed.customer_id = accepted.customer_id
        and hashed.phone_sha256 = accepted.phone_key
