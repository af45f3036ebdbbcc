-- One row per address that an accepted customer has, as a hash: whose events are those
-- of somebody known by that address alone. Of several it is the oldest account's.
with

numbered as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

checked as (

    select * from {{ ref('int_customers__checked') }}

),

accepted as (

    select
        customer_id,
        first_seen_at

    from checked

    where reject_reason is null

),

addressed as (

    select
        numbered.address_key,
        accepted.customer_id,
        row_number() over (
            partition by numbered.address_key
            order by
                accepted.first_seen_at asc nulls last,
                accepted.customer_id asc
        ) as account_number

    from numbered

    inner join accepted
        on numbered.customer_id = accepted.customer_id

    where numbered.address_key is not null

)

select
    address_key,
    customer_id

from addressed

where account_number = 1
