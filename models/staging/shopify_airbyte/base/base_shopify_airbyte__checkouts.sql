-- One row per checkout that was begun and not finished, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed(
    'shopify_airbyte',
    'abandoned_checkouts',
    {
        'checkout_id': ['id', 'id'],
        'customer_id': ['id', 'customer.id'],
        'email': 'string',
        'is_deleted': 'boolean',
        'created_at': 'timestamp',
    },
    needed=['checkout_id', 'created_at'],
    is_optional=true
) }}
