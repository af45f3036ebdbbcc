-- One row per product and category that it is in, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'product_category',
    {'product_id': 'id', 'category_id': 'id'},
    needed=['product_id', 'category_id'],
    is_optional=true
) }}
