-- One row per order of a buyer for himself or herself: no wholesale. Stands in for the
-- shop's own table when segmentation_refs says so.
with

orders as (

    select * from {{ ref('shop_orders') }}

)

select
    order_no as order_id,
    buyer_no as customer_id,
    state as status,
    channel,
    voucher as coupon_code,
    placed_at as ordered_at

from orders

where channel != 'wholesale'
