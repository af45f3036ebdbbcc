-- One row per accepted customer with an address that can be sent to. All models work
-- on the hashes; raw addresses are read only for what is sent to a tool that knows
-- profiles by them.
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

addresses as (

    select
        customer_id,
        {{ segmentation.email_address('email') }} as email

    from customers

),

hashed as (

    select
        customer_id,
        email,
        {{ segmentation.sha256('email') }} as email_sha256

    from addresses

    where email is not null

    group by
        customer_id,
        email

),

accepted as (

    -- the address of the row that is kept, and of no other
    select
        numbered.customer_id,
        numbered.email_sha256

    from numbered

    inner join checked
        on
            numbered.customer_id = checked.customer_id
            and numbered.copy_number = checked.copy_number

    where
        checked.reject_reason is null
        and numbered.email_sha256 is not null

)

select
    hashed.customer_id,
    hashed.email,
    hashed.email_sha256

from hashed

inner join accepted
    on
        hashed.customer_id = accepted.customer_id
        and hashed.email_sha256 = accepted.email_sha256
