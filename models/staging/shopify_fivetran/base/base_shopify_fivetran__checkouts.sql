-- One row per checkout that was begun and not finished, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'abandoned_checkout',
    {
        'checkout_id': ['id', 'id'],
        'customer_id': 'customer_key',
        'email': 'string',
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'created_at': 'timestamp',
    },
    needed=['checkout_id', 'created_at'],
    is_optional=true
) }}
