-- One row per line of an order and discount on it, as Airbyte lands it: in JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'orders',
    'line_items',
    {},
    {
        'amount': ['money', 'amount_set.shop_money.amount', 'amount'],
    },
    inner='discount_allocations',
    inner_kept={'order_line_id': ['id', 'id']}
) }}
