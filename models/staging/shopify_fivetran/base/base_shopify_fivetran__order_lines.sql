-- One row per line of an order, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'order_line',
    {
        'order_line_id': ['order_line_key', 'id'],
        'order_id': 'order_key',
        'product_id': 'id',
        'variant_id': 'variant_key',
        'title': 'code',
        'tip_gateway': ['code', 'tip_payment_gateway'],
        'quantity': 'money',
        'current_quantity': 'money',
        'unit_price': ['money', 'original_unit_price_set_shop_amount', 'price'],
        'total_price': ['money', 'original_total_set_shop_amount'],
        'total_discount': ['money', 'total_discount_set_shop_amount', 'total_discount'],
        'is_gift_card': ['boolean', 'is_gift_card', 'gift_card'],
    },
    needed=['order_line_id', 'order_id', 'quantity']
) }}
