-- One row per line of a refund, as Airbyte lands it: in JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'order_refunds',
    'refund_line_items',
    {'refund_id': ['id', 'id']},
    {
        'refund_line_id': ['id', 'id'],
        'order_line_id': ['id', 'line_item_id'],
        'quantity': ['money', 'quantity'],
        'amount': ['money', 'subtotal_set.shop_money.amount', 'subtotal'],
    }
) }}
