-- One row per product, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'product',
    {
        'product_id': ['id', 'id'],
        'product_name': ['string', 'name'],
        'product_type': ['string', 'type'],
    },
    needed=['product_id'],
    is_optional=true
) }}
