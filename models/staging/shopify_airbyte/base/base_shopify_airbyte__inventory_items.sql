-- One row per item of the stock, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed(
    'shopify_airbyte',
    'inventory_items',
    {
        'inventory_item_id': ['id', 'id'],
        'unit_cost': ['money', 'cost'],
    },
    needed=['inventory_item_id'],
    is_optional=true
) }}
