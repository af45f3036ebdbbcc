-- One row per line of an order, as Airbyte lands it: in JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'orders',
    'line_items',
    {'order_id': ['id', 'id']},
    {
        'order_line_id': ['id', 'id'],
        'product_id': ['id', 'product_id'],
        'variant_id': ['id', 'variant_id'],
        'title': ['string', 'title'],
        'tip_gateway': ['string', 'tip_payment_gateway'],
        'quantity': ['money', 'quantity'],
        'current_quantity': ['money', 'current_quantity'],
        'unit_price': ['money', 'price_set.shop_money.amount', 'price'],
        'total_price': ['money', 'original_total_set.shop_money.amount'],
        'total_discount': [
            'money',
            'total_discount_set.shop_money.amount',
            'total_discount',
        ],
        'is_gift_card': ['boolean', 'gift_card'],
    }
) }}
