-- One row per product, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'product',
    {
        'product_id': ['id', 'id'],
        'title': 'string',
        'product_type': 'string',
        'vendor': 'string',
    },
    needed=['product_id'],
    is_optional=true
) }}
