-- The demo shop as Fivetran lands a shop from Shopify's REST interface.
-- DuckDB; the demo's tables are in schema shop_demo.
--
-- Told as Shopify tells it: a markdown and a voucher as discounts allocated to the lines,
-- what came back as refunds, an erased customer as a deleted one, a test account's orders
-- as test orders. Beside it lies what must not count: gift cards, tips, lines that an edit
-- took out, deleted orders, presentment amounts, days of import.
create schema landed_shopify;

create table landed_shopify.customer as
select
    customer_id as id,
    email,
    phone,
    'enabled' as state,
    case
        when has_email_consent then 'subscribed'
        when not has_email_consent then 'unsubscribed'
    end as email_marketing_consent_state,
    'single_opt_in' as email_marketing_consent_opt_in_level,
    email_consent_at as email_marketing_consent_consent_updated_at,
    case when has_sms_consent then 'subscribed' else 'not_subscribed' end
        as sms_marketing_consent_state,
    sms_consent_at as sms_marketing_consent_consent_updated_at,
    'address|' || customer_id as default_address_id,
    first_seen_at as created_at,
    first_seen_at as updated_at,
    erased_at is not null as _fivetran_deleted,
    coalesce(erased_at, timestamp '2025-01-15') as _fivetran_synced
from shop_demo.demo_customers
where not is_test_account;

create table landed_shopify.customer_address as
select
    'address|' || customer_id as id,
    customer_id,
    country,
    state as province,
    city
from shop_demo.demo_customers
union all
-- one that is not the default
select
    'abroad|' || customer_id as id,
    customer_id,
    'XX' as country,
    'Elsewhere' as province,
    'Elsewhere' as city
from shop_demo.demo_customers;

create temp table prices as
select
    lines.*,
    case when unit_price > 0 then list_price else unit_price end as price,
    case when unit_price > 0 then (list_price - unit_price) * quantity else 0 end
        as markdown_amount
from shop_demo.demo_order_lines as lines;

-- a voucher is shared out among the lines of its order by value, to the cent
create temp table allocations as
with
vouchers as (
    select distinct order_id, discount_amount
    from shop_demo.demo_orders
    where discount_amount > 0
),
running as (
    select
        lines.order_id,
        lines.order_line_id,
        lines.quantity * lines.unit_price as line_amount,
        sum(lines.quantity * lines.unit_price) over (partition by lines.order_id)
            as order_amount,
        sum(lines.quantity * lines.unit_price) over (
            partition by lines.order_id order by lines.order_line_id
        ) as running_amount,
        vouchers.discount_amount
    from (select distinct * from prices) as lines
    inner join vouchers on lines.order_id = vouchers.order_id
    where lines.unit_price > 0
)
select
    order_line_id,
    1 as index,
    2 as discount_application_index,
    round(least(discount_amount, order_amount) * running_amount / order_amount, 2)
    - round(
        least(discount_amount, order_amount) * (running_amount - line_amount)
        / order_amount, 2
    ) as amount
from running
union all
select distinct
    order_line_id,
    0 as index,
    1 as discount_application_index,
    markdown_amount as amount
from prices
where markdown_amount > 0;

create table landed_shopify.discount_allocation as
select
    order_line_id,
    index,
    discount_application_index,
    amount,
    amount as amount_set_shop_money_amount,
    amount * 150 as amount_set_presentment_money_amount,
    'JPY' as amount_set_presentment_money_currency_code
from allocations;

create temp table lines as
select
    prices.order_line_id as id,
    prices.order_id,
    prices.product_id,
    'variant|' || products.product_id as variant_id,
    'Product' as title,
    prices.price,
    '{"presentment_money": {"amount": "1", "currency_code": "JPY"}}' as price_set,
    prices.quantity,
    prices.quantity - prices.returned_quantity as current_quantity,
    -- the discount that was given on the line itself, which its allocations tell, too
    prices.markdown_amount as total_discount,
    false as gift_card,
    cast(null as varchar) as tip_payment_gateway
from prices
left join shop_demo.demo_products as products
    on prices.list_price = products.list_price;

create table landed_shopify.order_line as
select * from lines
union all
-- sold in one order of ten beside the goods
select
    'gift card|' || order_id, order_id, 'P-gift', null, 'Gift card', 50, null, 1, 1, 0,
    true, null
from (select distinct order_id from shop_demo.demo_orders)
where hash(order_id) % 10 = 0
union all
select
    'tip|' || order_id, order_id, null, null, 'Tip', 3, null, 1, 1, 0, false, 'paypal'
from (select distinct order_id from shop_demo.demo_orders)
where hash(order_id) % 10 = 1
union all
select
    'removed|' || order_id, order_id, 'P0007', 'variant|P0007', 'Product', 40, null, 1, 0,
    0, false, null
from (select distinct order_id from shop_demo.demo_orders)
where hash(order_id) % 10 = 2;

create table landed_shopify.order as
with
discounts as (
    select lines.order_id, sum(allocations.amount) as amount
    from (select distinct id, order_id from lines) as lines
    inner join allocations on lines.id = allocations.order_line_id
    group by lines.order_id
)
select
    orders.order_id as id,
    orders.customer_id,
    customers.email,
    case orders.status
        when 'complete' then 'paid'
        when 'Cancelled' then 'voided'
        else orders.status
    end as financial_status,
    orders.currency,
    'JPY' as presentment_currency,
    coalesce(discounts.amount, 0) as total_discounts,
    1234 as total_line_items_price,
    1234 as total_price,
    0 as total_tax,
    false as taxes_included,
    case orders.channel when 'store' then 'pos' else orders.channel end as source_name,
    coalesce(customers.is_test_account, false) as test,
    orders.ordered_at as processed_at,
    -- imported from another system
    orders.ordered_at + interval 10 day as created_at,
    coalesce(orders.cancelled_at, orders.ordered_at) as updated_at,
    orders.cancelled_at,
    false as _fivetran_deleted,
    timestamp '2025-01-15' as _fivetran_synced
from shop_demo.demo_orders as orders
left join discounts on orders.order_id = discounts.order_id
left join shop_demo.demo_customers as customers
    on orders.customer_id = customers.customer_id
union all
select
    'deleted|' || order_id, customer_id, null, 'paid', 'USD', 'USD', 0, 99, 99, 0, false,
    'web', false, ordered_at, ordered_at, ordered_at, null, true,
    timestamp '2025-01-15'
from shop_demo.demo_orders
where hash(order_id) % 50 = 0;

insert into landed_shopify.order_line
select
    'deleted|' || order_id, 'deleted|' || order_id, 'P0007', 'variant|P0007', 'Product',
    99, null, 1, 1, 0, false, null
from shop_demo.demo_orders
where hash(order_id) % 50 = 0;

create table landed_shopify.order_discount_code as
select distinct order_id, 1 as index, coupon_code as code, 'fixed_amount' as type
from shop_demo.demo_orders
where coupon_code is not null;

create table landed_shopify.order_shipping_line as
select distinct
    'shipping|' || order_id as id,
    order_id,
    shipping_amount as price,
    shipping_amount as discounted_price
from shop_demo.demo_orders
where shipping_amount > 0;

create temp table returned as
select distinct
    prices.order_line_id,
    prices.order_id,
    prices.returned_quantity,
    prices.returned_at,
    prices.price * prices.quantity
    - coalesce(
        (
            select sum(allocations.amount) from allocations
            where allocations.order_line_id = prices.order_line_id
        ), 0
    ) as paid_amount,
    hash(prices.order_line_id) % 3 as kind
from prices
where prices.returned_quantity > 0;

create table landed_shopify.refund as
select
    'R' || order_line_id as id,
    order_id,
    returned_at as created_at,
    returned_at as processed_at
from returned;

create table landed_shopify.order_line_refund as
select
    'RL' || order_line_id as id,
    'R' || order_line_id as refund_id,
    order_line_id,
    returned_quantity as quantity,
    -- of one in three, less was given back than the line is worth
    paid_amount + case when kind = 1 then 1 else 0 end as subtotal,
    0 as total_tax,
    'return' as restock_type
from returned;

create table landed_shopify.order_adjustment as
select
    'adjusted|' || order_line_id as id,
    order_id,
    'R' || order_line_id as refund_id,
    case when kind = 1 then 1.00 else -4.90 end as amount,
    0 as tax_amount,
    case when kind = 1 then 'refund_discrepancy' else 'shipping_refund' end as kind,
    case when kind = 1 then 'Refund discrepancy' else 'Shipping refund' end as reason
from returned
where kind > 0;

create table landed_shopify.product as
select
    product_id as id,
    product_name as title,
    category as product_type,
    brand as vendor,
    false as _fivetran_deleted
from shop_demo.demo_products;

create table landed_shopify.product_variant as
select
    'variant|' || product_id as id,
    product_id,
    'stock|' || product_id as inventory_item_id,
    1 as position,
    list_price as price,
    -- today's, and none of the past
    list_price * 2 as compare_at_price
from shop_demo.demo_products;

create table landed_shopify.inventory_item as
select 'stock|' || product_id as id, unit_cost as unit_cost_amount
from shop_demo.demo_products;

-- what the demo has no equivalent of
create table landed_shopify.tax_line (order_line_id varchar, index integer, price decimal(18, 2));
create table landed_shopify.order_shipping_tax_line (
    order_shipping_line_id varchar, index integer, price decimal(18, 2)
);
create table landed_shopify.abandoned_checkout (
    id varchar, customer_id varchar, email varchar, created_at timestamp,
    _fivetran_deleted boolean
);
