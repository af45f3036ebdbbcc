-- One row per order, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'order',
    {
        'order_id': ['order_key', 'id'],
        'customer_id': 'customer_key',
        'email': 'string',
        'financial_status': ['code', 'display_financial_status', 'financial_status'],
        'currency': ['code', 'currency_code', 'currency'],
        'source_name': 'code',
        'total_discounts': [
            'money', 'total_discounts_set_shop_amount', 'total_discounts',
        ],
        'total_tax': ['money', 'total_tax_set_shop_amount', 'total_tax'],
        'total_shipping_price': ['money', 'total_shipping_price_set_shop_amount'],
        'has_tax_in_prices': ['boolean', 'taxes_included'],
        'is_test': ['boolean', 'test'],
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'processed_at': 'timestamp',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        'cancelled_at': 'timestamp',
    },
    needed=['order_id']
) }}
