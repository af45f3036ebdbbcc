-- One row per order and code that was used in it, as Airbyte lands it: in JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'orders',
    'discount_codes',
    {'order_id': ['id', 'id']},
    {
        'code': ['string', 'code'],
        'code_index': ['integer', 'index'],
    }
) }}
