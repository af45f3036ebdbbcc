-- One row per order of WooCommerce. Its lines are without tax whether or not prices are
-- entered with it, and each has its share of the coupons already: the order's own tax
-- and discount would be counted twice.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
with

orders as (

    select * from {{ ref('base_woocommerce__orders') }}

),

coupons as (

    select * from {{ ref('base_woocommerce__order_coupons') }}

),

refunds as (

    select * from {{ ref('base_woocommerce__refunds') }}

),

shoppers as (

    select * from {{ ref('base_woocommerce__shoppers') }}

),

owners as (

    -- whose the orders of guests are, where that is asked for
    select * from shoppers
    where
        is_oldest_account
        and {{ '1 = 1' if var('segmentation_guests_by_email') else '1 = 0' }}

),

first_coupons as (

    select
        order_id,
        min(code) as coupon_code

    from coupons

    group by order_id

),

worded as (

    select
        *,
        nullif(customer_id, '0') as account_id,
        {{ segmentation.email_address('email') }} as address,
        -- tables of the shop's own database say wc-completed
        case
            when is_deleted then 'deleted'
            when status like 'wc-%' then {{ segmentation.word('substr(status, 4)') }}
            else {{ segmentation.word('status') }}
        end as word

    from orders

),

renamed as (

    select
        -- ids
        worded.order_id,
        coalesce(worded.account_id, owners.customer_id) as customer_id,

        -- strings
        case
            -- nobody has paid yet; elsewhere the word means a sale
            when worded.word = 'pending' then 'pending_payment'
            when worded.is_deleted then 'deleted'
            else worded.status
        end as status,
        worded.currency,
        first_coupons.coupon_code,
        case
            when worded.created_via in ('checkout', 'store-api') then 'web'
            else worded.created_via
        end as channel,
        -- a refund is an order of another type in the shop's own database
        case when refunds.refund_id is not null then 'refund_as_order' end
            as connector_reject_reason,

        -- numerics
        worded.shipping_total as shipping_amount,
        worded.total_tax as tax_amount,
        cast(null as {{ segmentation.type_money() }}) as discount_amount,

        -- booleans
        cast(null as boolean) as is_test,
        cast(false as boolean) as has_tax_in_prices,

        -- timestamps
        worded.created_at as ordered_at,
        -- an order that nobody paid never was; one that was paid is void from the day
        -- on which its row was last changed
        case
            when
                worded.word
                in ('trash', 'deleted', 'checkoutdraft', 'autodraft', 'draft')
                or (
                    worded.word in ('pending', 'failed', 'cancelled')
                    and worded.paid_at is null
                )
                then worded.created_at
        end as cancelled_at,
        worded.updated_at

    from worded

    left join first_coupons
        on worded.order_id = first_coupons.order_id

    left join refunds
        on worded.order_id = refunds.refund_id

    left join owners
        on worded.address = owners.address

)

select * from renamed
