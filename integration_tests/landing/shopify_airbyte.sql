-- The shop of landed_shopify as Airbyte lands it: an order in one row, with its lines,
-- discounts, codes and ways of shipping in JSON; times are texts with an offset.
create schema landed_shopify_airbyte;

create macro in_berlin(moment) as
    strftime(moment + interval 2 hour, '%Y-%m-%dT%H:%M:%S') || '+02:00';

create macro money_set(amount) as {
    'shop_money': {'amount': cast(amount as varchar), 'currency_code': 'USD'},
    'presentment_money': {'amount': cast(amount * 150 as varchar), 'currency_code': 'JPY'}
};

create table landed_shopify_airbyte.customers as
select
    customers.id,
    customers.email,
    customers.phone,
    customers.state,
    to_json({
        'state': customers.email_marketing_consent_state,
        'opt_in_level': 'single_opt_in',
        'consent_updated_at': in_berlin(
            customers.email_marketing_consent_consent_updated_at
        )
    }) as email_marketing_consent,
    to_json({
        'state': customers.sms_marketing_consent_state,
        'consent_updated_at': in_berlin(
            customers.sms_marketing_consent_consent_updated_at
        )
    }) as sms_marketing_consent,
    to_json({
        'id': addresses.id,
        'country': addresses.country,
        'province': addresses.province,
        'city': addresses.city,
        'default': true
    }) as default_address,
    in_berlin(customers.created_at) as created_at,
    in_berlin(customers.updated_at) as updated_at,
    timestamp '2025-01-15' as _airbyte_extracted_at
from landed_shopify.customer as customers
inner join landed_shopify.customer_address as addresses
    on customers.default_address_id = addresses.id
-- Airbyte does not tell of accounts that have been deleted
where not customers._fivetran_deleted;

create temp table allocations_of_lines as
select
    order_line_id,
    list({
        'amount': cast(amount as varchar),
        'amount_set': money_set(amount),
        'discount_application_index': discount_application_index
    }) as discount_allocations
from landed_shopify.discount_allocation
group by order_line_id;

create temp table lines_of_orders as
select
    lines.order_id,
    list({
        'id': lines.id,
        'product_id': lines.product_id,
        'variant_id': lines.variant_id,
        'title': lines.title,
        'price': cast(lines.price as varchar),
        'price_set': money_set(lines.price),
        'quantity': lines.quantity,
        'current_quantity': lines.current_quantity,
        'total_discount': cast(lines.total_discount as varchar),
        'gift_card': lines.gift_card,
        'tip_payment_gateway': lines.tip_payment_gateway,
        'tax_lines': [],
        'discount_allocations': coalesce(allocations.discount_allocations, [])
    }) as line_items
-- no line is in the JSON of its order twice
from (select distinct * from landed_shopify.order_line) as lines
left join allocations_of_lines as allocations
    on lines.id = allocations.order_line_id
group by lines.order_id;

create table landed_shopify_airbyte.orders as
select
    orders.id,
    to_json({'id': orders.customer_id, 'email': orders.email}) as customer,
    orders.email,
    orders.financial_status,
    orders.currency,
    orders.presentment_currency,
    orders.total_discounts,
    orders.total_tax,
    orders.taxes_included,
    orders.source_name,
    orders.test,
    in_berlin(orders.processed_at) as processed_at,
    in_berlin(orders.created_at) as created_at,
    in_berlin(orders.updated_at) as updated_at,
    in_berlin(orders.cancelled_at) as cancelled_at,
    case when orders._fivetran_deleted then in_berlin(orders.updated_at) end
        as deleted_at,
    to_json(coalesce(lines.line_items, [])) as line_items,
    to_json(
        (
            select list({'code': codes.code, 'type': codes.type})
            from landed_shopify.order_discount_code as codes
            where codes.order_id = orders.id
        )
    ) as discount_codes,
    to_json(
        (
            select
                list({
                    'id': shipping.id,
                    'price': cast(shipping.price as varchar),
                    'price_set': money_set(shipping.price),
                    'discounted_price': cast(shipping.discounted_price as varchar),
                    'tax_lines': []
                })
            from landed_shopify.order_shipping_line as shipping
            where shipping.order_id = orders.id
        )
    ) as shipping_lines,
    timestamp '2025-01-15' as _airbyte_extracted_at
from landed_shopify.order as orders
left join lines_of_orders as lines on orders.id = lines.order_id;

create table landed_shopify_airbyte.order_refunds as
select
    refunds.id,
    refunds.order_id,
    in_berlin(refunds.created_at) as created_at,
    in_berlin(refunds.processed_at) as processed_at,
    to_json(
        (
            select
                list({
                    'id': lines.id,
                    'line_item_id': lines.order_line_id,
                    'quantity': lines.quantity,
                    'subtotal': lines.subtotal,
                    'subtotal_set': money_set(lines.subtotal),
                    'restock_type': lines.restock_type
                })
            from landed_shopify.order_line_refund as lines
            where lines.refund_id = refunds.id
        )
    ) as refund_line_items,
    to_json(
        (
            select
                list({
                    'id': adjustments.id,
                    'amount': cast(adjustments.amount as varchar),
                    'kind': adjustments.kind,
                    'reason': adjustments.reason
                })
            from landed_shopify.order_adjustment as adjustments
            where adjustments.refund_id = refunds.id
        )
    ) as order_adjustments
from landed_shopify.refund as refunds;

create table landed_shopify_airbyte.products as
select * exclude (_fivetran_deleted) from landed_shopify.product;

create table landed_shopify_airbyte.product_variants as
select * from landed_shopify.product_variant;

create table landed_shopify_airbyte.inventory_items as
select id, unit_cost_amount as cost from landed_shopify.inventory_item;
