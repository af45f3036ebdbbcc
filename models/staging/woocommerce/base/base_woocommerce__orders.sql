-- One row per order, as Fivetran lands it. The columns ..._gmt are read, for the others
-- are in the site's own zone, which the tables do not name.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'orders',
    {
        'order_id': ['id', 'id'],
        'customer_id': 'id',
        'email': ['string', 'billing_email'],
        'phone': ['string', 'billing_phone'],
        'country': ['string', 'billing_country'],
        'state': ['string', 'billing_state'],
        'city': ['string', 'billing_city'],
        'status': 'string',
        'currency': 'string',
        'created_via': 'string',
        'shipping_total': 'money',
        'total_tax': 'money',
        'total': 'money',
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'created_at': ['timestamp', 'date_created_gmt'],
        'paid_at': ['timestamp', 'date_paid_gmt'],
        'updated_at': ['timestamp', 'date_modified_gmt'],
    },
    needed=['order_id', 'customer_id', 'status', 'total', 'created_at']
) }}
