-- One row per product in a refund, as Fivetran lands it: quantities and amounts are
-- below nought.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'refund_line_item',
    {
        'refund_line_id': ['id', 'id'],
        'refund_id': 'id',
        'product_id': 'id',
        'variation_id': 'id',
        'quantity': 'money',
        'total': 'money',
    },
    needed=['refund_line_id', 'refund_id', 'product_id', 'quantity', 'total'],
    is_optional=true
) }}
