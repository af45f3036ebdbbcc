-- One row per order of Shopify, in the currency of the shop, whichever the customer
-- paid in. Those of the point of sale count like those of the web. What was paid with a
-- gift card is a sale like any other.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
with

orders as (

    select * from {{ ref('base_shopify__order_totals') }}

),

accounts as (

    select * from {{ ref('base_shopify__accounts') }}

),

{{ segmentation.owned_by_account('orders') }},

renamed as (

    select
        -- ids
        cast(order_id as {{ dbt.type_string() }}) as order_id,
        owner_id as customer_id,

        -- strings
        financial_status as status,
        currency,
        coupon_code,
        source_name as channel,
        case
            when is_deleted then 'deleted_order'
            when is_without_goods then 'no_goods'
        end as connector_reject_reason,

        -- numerics
        shipping_amount,
        tax_amount,
        discount_amount,

        -- booleans
        is_test,
        has_tax_in_prices,

        -- timestamps
        -- an imported order was made when it was processed in the old system
        coalesce(processed_at, created_at) as ordered_at,
        cancelled_at,
        updated_at

    from owned

)

select * from renamed
