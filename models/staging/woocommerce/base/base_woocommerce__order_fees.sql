-- One row per fee of an order, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'order_fee_line',
    {
        'order_fee_id': ['id', 'id'],
        'order_id': 'id',
        'total': 'money',
        'total_tax': 'money',
    },
    needed=['order_fee_id', 'order_id', 'total'],
    is_optional=true
) }}
