-- One row per product, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed(
    'shopify_airbyte',
    'products',
    {
        'product_id': ['id', 'id'],
        'title': 'string',
        'product_type': 'string',
        'vendor': 'string',
    },
    needed=['product_id'],
    is_optional=true
) }}
