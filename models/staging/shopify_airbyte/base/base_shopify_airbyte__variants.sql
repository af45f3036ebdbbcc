-- One row per variant of a product, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed(
    'shopify_airbyte',
    'product_variants',
    {
        'variant_id': ['id', 'id'],
        'product_id': 'id',
        'inventory_item_id': 'id',
        'variant_position': ['integer', 'position'],
    },
    needed=['variant_id', 'product_id'],
    is_optional=true
) }}
