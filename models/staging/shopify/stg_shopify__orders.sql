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

{{ segmentation.owned_by_account('orders') }},

renamed as (

    select
        -- ids
        owned.order_id,
        owned.owner_id as customer_id,

        -- strings
        owned.financial_status as status,
        owned.currency,
        totals.coupon_code,
        owned.source_name as channel,
        case
            when owned.is_deleted then 'deleted_order'
            when totals.is_without_goods then 'no_goods'
        end as connector_reject_reason,

        -- numerics
        totals.shipping_amount,
        totals.tax_amount,
        totals.discount_amount,

        -- booleans
        owned.is_test,
        owned.has_tax_in_prices,

        -- timestamps
        -- an imported order was made when it was processed in the old system
        coalesce(owned.processed_at, owned.created_at) as ordered_at,
        owned.cancelled_at,
        owned.updated_at

    from owned

    left join totals
        on owned.order_id = totals.order_id

)

select * from renamed
