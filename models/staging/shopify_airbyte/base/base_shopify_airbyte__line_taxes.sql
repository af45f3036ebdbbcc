-- One row per line of an order and tax on it, as Airbyte lands it: in JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'orders',
    'line_items',
    {},
    {
        'amount': ['money', 'price_set.shop_money.amount', 'price'],
    },
    inner='tax_lines',
    inner_kept={'order_line_id': ['id', 'id']}
) }}
