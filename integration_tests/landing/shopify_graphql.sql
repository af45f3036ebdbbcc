-- The shop of landed_shopify as Fivetran lands it from Shopify's GraphQL interface: amounts
-- in two currencies, prices of all pieces of a line, states in upper case, other names.
create schema landed_shopify_graphql;

create table landed_shopify_graphql.customer as
select
    * exclude (
        default_address_id, email_marketing_consent_state,
        email_marketing_consent_consent_updated_at, sms_marketing_consent_state,
        sms_marketing_consent_consent_updated_at
    ),
    upper(email_marketing_consent_state) as email_marketing_consent_state,
    email_marketing_consent_consent_updated_at as email_marketing_consent_updated_at,
    upper(sms_marketing_consent_state) as sms_marketing_consent_state,
    sms_marketing_consent_consent_updated_at as sms_marketing_consent_updated_at
from landed_shopify.customer;

create table landed_shopify_graphql.customer_address as
select *, id like 'address|%' as is_default from landed_shopify.customer_address;

create table landed_shopify_graphql.order as
select
    * exclude (
        financial_status, currency, presentment_currency, total_discounts, total_tax,
        total_price, total_line_items_price
    ),
    upper(financial_status) as display_financial_status,
    currency as currency_code,
    presentment_currency as presentment_currency_code,
    total_discounts as total_discounts_set_shop_amount,
    total_discounts * 150 as total_discounts_set_pres_amount,
    total_tax as total_tax_set_shop_amount,
    total_tax * 150 as total_tax_set_pres_amount
from landed_shopify.order;

create table landed_shopify_graphql.order_line as
select
    * exclude (price, price_set, total_discount, gift_card, tip_payment_gateway),
    price * quantity as original_total_set_shop_amount,
    price * quantity * 150 as original_total_set_pres_amount,
    total_discount as total_discount_set_shop_amount,
    total_discount * 150 as total_discount_set_pres_amount,
    gift_card as is_gift_card
from landed_shopify.order_line;

create table landed_shopify_graphql.discount_allocation as
select
    order_line_id,
    index,
    discount_application_index,
    amount as allocated_amount_set_shop_amount,
    amount * 150 as allocated_amount_set_pres_amount
from landed_shopify.discount_allocation;

create table landed_shopify_graphql.order_discount_code as
select order_id, index, code from landed_shopify.order_discount_code;

create table landed_shopify_graphql.order_shipping_line as
select
    id,
    order_id,
    price as original_price_set_shop_amount,
    price * 150 as original_price_set_pres_amount,
    discounted_price as discounted_price_set_shop_amount,
    discounted_price * 150 as discounted_price_set_pres_amount,
    false as is_removed
from landed_shopify.order_shipping_line;

create table landed_shopify_graphql.refund as
select * exclude (processed_at) from landed_shopify.refund;

create table landed_shopify_graphql.refund_line_item as
select
    id,
    refund_id,
    order_line_id,
    quantity,
    subtotal as subtotal_set_shop_amount,
    subtotal * 150 as subtotal_set_pres_amount
from landed_shopify.order_line_refund;

create table landed_shopify_graphql.order_adjustment as
select
    id,
    refund_id,
    amount as amount_set_shop_amount,
    amount * 150 as amount_set_pres_amount,
    upper(kind) as reason
from landed_shopify.order_adjustment;

create table landed_shopify_graphql.order_line_tax_line as
select order_line_id, index, price as price_set_shop_amount from landed_shopify.tax_line;

create table landed_shopify_graphql.product as select * from landed_shopify.product;

create table landed_shopify_graphql.product_variant as
select * from landed_shopify.product_variant;

create table landed_shopify_graphql.inventory_item as
select * from landed_shopify.inventory_item;
