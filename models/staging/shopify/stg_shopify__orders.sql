-- One row per order of Shopify, in the currency of the shop, whichever the customer
-- paid in. Those of the point of sale count like those of the web. What was paid with a
-- gift card is a sale like any other.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
with

orders as (

    select * from {{ segmentation.ref_base('orders') }}

),

accounts as (

    select * from {{ ref('base_shopify__accounts') }}

),

totals as (

    select * from {{ ref('base_shopify__order_totals') }}

),

addressed as (

    select
        *,
        case
            when customer_id is null
                then {{ segmentation.email_address('email') }}
        end as guest_address

    from orders

),

renamed as (

    select
        -- ids
        addressed.order_id,
        -- a merged account's orders are those of the account that it was merged into
        coalesce(
            accounts.counted_customer_id,
            addressed.customer_id,
            {% if var('segmentation_guests_by_email') %}
                guests.customer_id
            {% else %}
                null
            {% endif %}
        ) as customer_id,

        -- strings
        addressed.financial_status as status,
        addressed.currency,
        totals.coupon_code,
        addressed.source_name as channel,
        case
            when addressed.is_deleted then 'deleted_order'
            when totals.is_without_goods then 'no_goods'
        end as connector_reject_reason,

        -- numerics
        totals.shipping_amount,
        totals.tax_amount,
        totals.discount_amount,

        -- booleans
        addressed.is_test,
        addressed.has_tax_in_prices,

        -- timestamps
        -- an imported order was made when it was processed in the old system
        coalesce(addressed.processed_at, addressed.created_at) as ordered_at,
        addressed.cancelled_at,
        addressed.updated_at

    from addressed

    left join accounts
        on addressed.customer_id = accounts.customer_id

    {% if var('segmentation_guests_by_email') %}
        left join accounts as guests
            on
                addressed.guest_address = guests.address
                and guests.is_owner
    {% endif %}

    left join totals
        on addressed.order_id = totals.order_id

)

select * from renamed
