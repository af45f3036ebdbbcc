-- One row per refund, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'refund',
    {
        'refund_id': ['id', 'id'],
        'order_id': 'order_key',
        'processed_at': 'timestamp',
        'created_at': 'timestamp',
    },
    needed=['refund_id', 'order_id'],
    is_optional=true
) }}
