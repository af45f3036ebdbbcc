-- One row per product in an order, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'order_line_item',
    {
        'order_line_id': ['id', 'id'],
        'order_id': 'id',
        'product_id': 'id',
        'variation_id': 'id',
        'quantity': 'money',
        'subtotal': 'money',
        'total': 'money',
        'total_tax': 'money',
    },
    needed=['order_line_id', 'order_id', 'product_id', 'quantity', 'subtotal', 'total']
) }}
