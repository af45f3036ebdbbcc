-- One row per coupon of an order, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'order_coupon_line',
    {'order_coupon_id': ['id', 'id'], 'order_id': 'id', 'code': 'string'},
    needed=['order_coupon_id', 'order_id', 'code'],
    is_optional=true
) }}
