-- The shop in WooCommerce's tables, as Fivetran lands them: all columns are texts.
create schema landed_woocommerce;

create table landed_woocommerce.customer as
select
    customer_id as id,
    email,
    phone as billing_phone,
    country as billing_country,
    state as billing_state,
    city as billing_city,
    strftime(first_seen_at, '%Y-%m-%dT%H:%M:%S.%f') as date_created_gmt,
    false as _fivetran_deleted
from landed_shop.customers;

-- the voucher on an order is spread over its lines, the last of which has the rest
create temp table priced_lines as
with goods as (
    select
        lines.*,
        orders.discount_amount as order_discount,
        lines.quantity * lines.unit_price as subtotal,
        sum(lines.quantity * lines.unit_price) over in_order as order_subtotal,
        row_number() over (in_order order by lines.order_line_id desc) as number_from_last
    from landed_shop.order_lines as lines
    left join landed_shop.orders as orders
        on lines.order_id = orders.order_id
    where lines.unit_price > 0
    window in_order as (partition by lines.order_id)
),

shared as (
    select
        *,
        round(
            coalesce(least(order_discount, order_subtotal), 0) * subtotal
            / order_subtotal, 4
        ) as share
    from goods
)

select
    *,
    subtotal - case
        when number_from_last = 1
            then
                coalesce(least(order_discount, order_subtotal), 0)
                - (sum(share) over (partition by order_id) - share)
        else share
    end as total
from shared;

create table landed_woocommerce.orders as
select
    orders.order_id as id,
    coalesce(orders.customer_id, '0') as customer_id,
    cast(null as varchar) as billing_email,
    case orders.status
        when 'complete' then 'completed'
        when 'Cancelled' then 'cancelled'
        else orders.status
    end as status,
    orders.currency,
    orders.channel as created_via,
    'false' as prices_include_tax,
    cast(orders.shipping_amount as varchar) as shipping_total,
    cast(orders.discount_amount as varchar) as discount_total,
    cast(orders.tax_amount as varchar) as total_tax,
    cast(
        coalesce(lines.total, 0) + orders.shipping_amount + orders.tax_amount as varchar
    ) as total,
    strftime(orders.ordered_at, '%Y-%m-%dT%H:%M:%S.%f') as date_created_gmt,
    strftime(orders.ordered_at, '%Y-%m-%dT%H:%M:%S.%f') as date_paid_gmt,
    strftime(coalesce(orders.cancelled_at, orders.ordered_at), '%Y-%m-%dT%H:%M:%S.%f')
        as date_modified_gmt
from landed_shop.orders as orders
left join (
    select
        order_id,
        sum(total) as total
    from priced_lines
    group by order_id
) as lines
    on orders.order_id = lines.order_id;

create table landed_woocommerce.order_line_item as
select
    order_line_id as id,
    order_id,
    product_id,
    '0' as variation_id,
    cast(quantity as varchar) as quantity,
    cast(subtotal as varchar) as subtotal,
    cast(total as varchar) as total,
    '0.00' as total_tax
from priced_lines;

-- what costs less than nothing is a fee there
create table landed_woocommerce.order_fee_line as
select
    order_line_id as id,
    order_id,
    cast(quantity * unit_price as varchar) as total,
    '0.00' as total_tax
from landed_shop.order_lines
where unit_price <= 0;

create table landed_woocommerce.order_coupon_line as
select
    'C' || order_id as id,
    order_id,
    coupon_code as code
from landed_shop.orders
where coupon_code is not null;

create table landed_woocommerce.refund as
select
    'R' || order_line_id as id,
    order_id,
    cast(total * returned_quantity / quantity as varchar) as amount,
    strftime(returned_at, '%Y-%m-%dT%H:%M:%S.%f') as date_created_gmt
from priced_lines
where returned_quantity > 0;

create table landed_woocommerce.refund_line_item as
select
    'L' || order_line_id as id,
    'R' || order_line_id as refund_id,
    product_id,
    '0' as variation_id,
    cast(-returned_quantity as varchar) as quantity,
    cast(-total * returned_quantity / quantity as varchar) as total
from priced_lines
where returned_quantity > 0;

create table landed_woocommerce.product as
select
    product_id as id,
    product_name as name,
    'simple' as type
from landed_shop.products;

create table landed_woocommerce.category as
select distinct
    'K' || category as id,
    category as name,
    lower(category) as slug
from landed_shop.products;

create table landed_woocommerce.product_category as
select
    product_id,
    'K' || category as category_id
from landed_shop.products;

create table landed_woocommerce.product_review as
select
    reviews.review_id as id,
    customers.email as reviewer_email,
    'approved' as status,
    cast(reviews.rating as varchar) as rating,
    strftime(reviews.reviewed_at, '%Y-%m-%dT%H:%M:%S.%f') as date_created_gmt
from landed_shop.reviews as reviews
inner join landed_shop.customers as customers
    on reviews.customer_id = customers.customer_id;
