-- One row per review of a product, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'product_review',
    {
        'review_id': ['id', 'id'],
        'email': ['string', 'reviewer_email'],
        'status': 'string',
        'rating': 'double',
        'created_at': ['timestamp', 'date_created_gmt'],
    },
    needed=['review_id', 'email', 'rating', 'created_at'],
    is_optional=true
) }}
