-- One row per item of the stock, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'inventory_item',
    {
        'inventory_item_id': ['id', 'id'],
        'unit_cost': ['money', 'unit_cost_amount', 'cost'],
    },
    needed=['inventory_item_id'],
    is_optional=true
) }}
