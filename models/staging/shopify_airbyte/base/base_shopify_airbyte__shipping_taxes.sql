-- One row per way in which an order was shipped and tax on it, as Airbyte lands it: in
-- JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'orders',
    'shipping_lines',
    {},
    {
        'amount': ['money', 'price_set.shop_money.amount', 'price'],
    },
    inner='tax_lines',
    inner_kept={'shipping_line_id': ['id', 'id']}
) }}
