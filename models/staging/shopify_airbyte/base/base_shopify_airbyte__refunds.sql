-- One row per refund, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed(
    'shopify_airbyte',
    'order_refunds',
    {
        'refund_id': ['id', 'id'],
        'order_id': 'id',
        'processed_at': 'timestamp',
        'created_at': 'timestamp',
    },
    needed=['refund_id', 'order_id'],
    is_optional=true
) }}
