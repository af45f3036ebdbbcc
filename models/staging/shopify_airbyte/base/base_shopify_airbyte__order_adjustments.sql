-- One row per difference between a refund and its lines, as Airbyte lands it: in JSON.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed_objects(
    'shopify_airbyte',
    'order_refunds',
    'order_adjustments',
    {'refund_id': ['id', 'id']},
    {
        'adjustment_id': ['id', 'id'],
        'kind': ['string', 'kind', 'reason'],
        'amount': ['money', 'amount_set.shop_money.amount', 'amount'],
    }
) }}
