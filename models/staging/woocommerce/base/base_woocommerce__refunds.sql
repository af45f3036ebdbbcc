-- One row per refund, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'refund',
    {
        'refund_id': ['id', 'id'],
        'order_id': 'id',
        'amount': 'money',
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'created_at': ['timestamp', 'date_created_gmt'],
    },
    needed=['refund_id', 'order_id', 'amount', 'created_at'],
    is_optional=true
) }}
