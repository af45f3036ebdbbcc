-- One row per accepted customer with an address. All models work on the hashes; raw
-- addresses are read only for what is sent to a tool that knows profiles by them.
with

customers as (

    select * from {{ segmentation.ref_staging('customers') }}

),

checked as (

    select * from {{ ref('int_customers__checked') }}

),

accepted as (

    select customer_id
    from checked
    where reject_reason is null

),

normalised as (

    select
        customers.customer_id,
        nullif(lower(trim(customers.email)), '') as email,
        nullif(trim(customers.phone), '') as phone

    from customers

    inner join accepted
        on customers.customer_id = accepted.customer_id

),

reduced as (

    -- a customer row that came twice may carry two addresses; keep one, always the same
    select
        customer_id,
        min(email) as email,
        min(phone) as phone

    from normalised

    group by customer_id

)

select
    customer_id,
    email,
    phone,
    {{ segmentation.sha256('email') }} as email_sha256,
    {{ dbt.hash('email') }} as email_md5

from reduced

where email is not null or phone is not null
