-- One row per customer account, and, where guests are joined by their address, one per
-- address that guests have ordered with and no account has: whose orders are whose.
{{ config(
    enabled=segmentation.is_staged_as('shopify'),
    materialized='table'
) }}
{% set string = dbt.type_string() %}
with

customers as (

    select * from {{ segmentation.ref_base('customers') }}

),

orders as (

    select * from {{ segmentation.ref_base('orders') }}

),

addressed as (

    select
        customer_id as account_key,
        cast(customer_id as {{ string }}) as customer_id,
        {{ segmentation.email_address('email') }} as address,
        coalesce(
            {{ segmentation.email_address('email') }},
            'account|' || cast(customer_id as {{ string }})
        ) as owner_key,
        coalesce(is_deleted, false) as is_deleted,
        created_at,
        -- an account that was landed twice is one
        row_number() over (
            partition by customer_id
            order by
                updated_at desc nulls last,
                created_at asc nulls last,
                email asc nulls last
        ) as copy_number

    from customers

    where customer_id is not null

),

owned as (

    -- an address is the oldest account's that there still is
    select
        *,
        first_value(customer_id) over (
            partition by owner_key
            order by
                case when is_deleted then 1 else 0 end asc,
                created_at asc nulls last,
                customer_id asc
            rows between unbounded preceding and unbounded following
        ) as owner_id,
        min(case when is_deleted then 1 else 0 end) over (partition by owner_key) = 0
            as has_owner

    from addressed

    where copy_number = 1

),

guests as (

    select
        {{ segmentation.email_address('email') }} as address,
        min(coalesce(processed_at, created_at)) as created_at

    from orders

    where
        customer_id is null
        and email is not null
        and {{ '1 = 1' if var('segmentation_guests_by_email') else '1 = 0' }}

    group by {{ segmentation.email_address('email') }}

),

accounts as (

    -- a deleted account whose address another has was merged into that one
    select
        account_key,
        customer_id,
        case when is_deleted and has_owner then owner_id else customer_id end
            as counted_customer_id,
        address,
        is_deleted and has_owner as is_merged,
        customer_id = owner_id as is_owner,
        cast(false as boolean) as is_guest,
        created_at
    from owned

    union all

    select
        -- null, in the type that it has in the shop
        owned.account_key,
        'guest|' || {{ segmentation.sha256('guests.address') }} as customer_id,
        'guest|' || {{ segmentation.sha256('guests.address') }} as counted_customer_id,
        guests.address,
        cast(false as boolean) as is_merged,
        cast(true as boolean) as is_owner,
        cast(true as boolean) as is_guest,
        guests.created_at
    from guests
    left join owned
        on
            guests.address = owned.address
            and owned.customer_id = owned.owner_id
    where owned.customer_id is null

)

select
    -- ids
    account_key,
    customer_id,
    counted_customer_id,

    -- strings
    address,

    -- booleans
    is_merged,
    is_owner,
    is_guest,

    -- timestamps
    created_at

from accounts
