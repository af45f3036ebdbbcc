-- One row per order and code that was used in it, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'order_discount_code',
    {
        'order_id': 'order_key',
        'code': 'string',
        'code_index': ['integer', 'index'],
    },
    needed=['order_id', 'code'],
    is_optional=true
) }}
