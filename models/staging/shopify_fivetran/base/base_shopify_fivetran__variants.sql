-- One row per variant of a product, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'product_variant',
    {
        'variant_id': ['variant_key', 'id'],
        'product_id': 'id',
        'inventory_item_id': 'id',
        'variant_position': ['integer', 'position'],
    },
    needed=['variant_id', 'product_id'],
    is_optional=true
) }}
