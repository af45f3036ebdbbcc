-- One row per registered customer, and, where guests are joined by address, one per
-- address that guests have ordered with and nobody has registered.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
with

customers as (

    select * from {{ ref('base_woocommerce__customers') }}

),

orders as (

    select * from {{ ref('base_woocommerce__orders') }}

),

registered as (

    select
        *,
        {{ segmentation.email_address('email') }} as address

    from customers

),

guest_orders as (

    select
        *,
        {{ segmentation.email_address('email') }} as address

    from orders

    where
        coalesce(customer_id, '0') = '0'
        and {{ '1 = 1' if var('segmentation_guests_by_email') else '1 = 0' }}

),

numbered as (

    -- of what guests have told, the latest counts
    select
        *,
        min(created_at) over (partition by address) as first_created_at,
        row_number() over (
            partition by address
            order by created_at desc nulls last, order_id desc
        ) as order_number

    from guest_orders

    where address is not null

),

united as (

    select
        customer_id,
        address,
        email,
        phone,
        country,
        state,
        city,
        is_deleted,
        created_at,
        updated_at
    from registered

    union all

    select
        'guest|' || {{ segmentation.sha256('numbered.address') }} as customer_id,
        numbered.address,
        numbered.email,
        numbered.phone,
        numbered.country,
        numbered.state,
        numbered.city,
        cast(false as boolean) as is_deleted,
        numbered.first_created_at as created_at,
        numbered.updated_at
    from numbered

    left join registered
        on numbered.address = registered.address

    where
        numbered.order_number = 1
        and registered.customer_id is null

)

select
    -- ids
    customer_id,

    -- strings
    address,
    email,
    phone,
    country,
    state,
    city,

    -- booleans
    is_deleted,
    -- whose the orders and reviews are that name the address alone
    address is not null
    and row_number() over (
        partition by address
        order by
            case when is_deleted then 1 else 0 end asc,
            created_at asc nulls last,
            customer_id asc
    ) = 1 as is_oldest_account,

    -- timestamps
    created_at,
    updated_at

from united
