-- One row per category of products, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'category',
    {'category_id': ['id', 'id'], 'category': ['string', 'name'], 'slug': 'string'},
    needed=['category_id', 'category'],
    is_optional=true
) }}
