-- The demo shop as its own tables say it, less what no shop system, mail tool or site
-- keeps: whether an account is a test, who was erased, list prices, costs, tickets and
-- campaigns with a control. Every connector is landed from these, and compared with a
-- build through connector native. Rows are there once, as loaders keep to keys; of two
-- accounts with one address neither consents unless both do, from the first day on which
-- one did, and neither reviews.
create schema landed_shop;

create table landed_shop.customers as
with counted as (
    select
        *,
        lower(trim(email)) as address,
        count(*) over (partition by lower(trim(email))) as n_accounts,
        min(coalesce(has_email_consent, false)) over (
            partition by lower(trim(email))
        ) as is_consented_by_all
    from shop_demo.demo_customers
)
select
    customer_id,
    email,
    phone,
    country,
    state,
    city,
    case when n_accounts > 1 then is_consented_by_all else has_email_consent end
        as has_email_consent,
    has_sms_consent,
    first_seen_at,
    case
        when n_accounts > 1
            then min(email_consent_at) over (partition by address)
        else email_consent_at
    end as email_consent_at,
    sms_consent_at,
    n_accounts > 1 as shares_address
from counted;

create table landed_shop.orders as
select distinct * from shop_demo.demo_orders;

create table landed_shop.order_lines as
select distinct
    order_line_id,
    order_id,
    product_id,
    quantity,
    unit_price,
    discount_amount,
    returned_quantity,
    returned_at
from shop_demo.demo_order_lines;

create table landed_shop.products as
select
    product_id,
    product_name,
    category
from shop_demo.demo_products;

create table landed_shop.reviews as
select reviews.*
from shop_demo.demo_reviews as reviews
inner join landed_shop.customers as customers
    on reviews.customer_id = customers.customer_id
where not customers.shares_address;

create table landed_shop.email_events as
select * from shop_demo.demo_email_events;

-- only some events of GA4 are about a product
create table landed_shop.web_events as
select * replace (case when event_type != 'purchase' then product_id end as product_id)
from shop_demo.demo_web_events;
