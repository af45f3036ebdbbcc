-- One row per difference between a refund and its lines, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'order_adjustment',
    {
        'adjustment_id': ['id', 'id'],
        'refund_id': 'id',
        'kind': ['string', 'kind', 'reason'],
        'amount': ['money', 'amount_set_shop_amount', 'amount'],
    },
    needed=['adjustment_id', 'refund_id', 'amount'],
    is_optional=true
) }}
