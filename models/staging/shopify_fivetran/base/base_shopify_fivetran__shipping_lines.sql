-- One row per way in which an order was shipped, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'order_shipping_line',
    {
        'shipping_line_id': ['shipping_line_key', 'id'],
        'order_id': 'order_key',
        'price': ['money', 'original_price_set_shop_amount', 'price'],
        'discounted_price': [
            'money', 'discounted_price_set_shop_amount', 'discounted_price',
        ],
        'is_removed': 'boolean',
    },
    needed=['shipping_line_id', 'order_id'],
    is_optional=true
) }}
