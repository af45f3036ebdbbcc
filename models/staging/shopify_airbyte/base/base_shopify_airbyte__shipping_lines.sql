-- One row per way in which an order was shipped, as Airbyte lands it: in JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'orders',
    'shipping_lines',
    {'order_id': ['id', 'id']},
    {
        'shipping_line_id': ['id', 'id'],
        'price': ['money', 'price_set.shop_money.amount', 'price'],
        'discounted_price': [
            'money',
            'discounted_price_set.shop_money.amount',
            'discounted_price',
        ],
        'is_removed': ['boolean', 'is_removed'],
    }
) }}
