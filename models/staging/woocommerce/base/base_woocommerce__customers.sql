-- One row per registered customer, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
{{ segmentation.select_landed(
    'woocommerce',
    'customer',
    {
        'customer_id': ['id', 'id'],
        'email': ['string', 'email', 'billing_email'],
        'phone': ['string', 'billing_phone'],
        'country': ['string', 'billing_country'],
        'state': ['string', 'billing_state'],
        'city': ['string', 'billing_city'],
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'created_at': ['timestamp', 'date_created_gmt'],
        'updated_at': ['timestamp', 'date_modified_gmt'],
    },
    needed=['customer_id', 'email']
) }}
