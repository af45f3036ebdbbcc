-- One row per order, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
with

landed as (

    {{ segmentation.select_landed(
        'shopify_airbyte',
        'orders',
        {
            'order_id': ['id', 'id'],
            'customer_id': ['id', 'customer.id'],
            'email': 'string',
            'financial_status': 'string',
            'currency': 'string',
            'source_name': 'string',
            'total_discounts': 'money',
            'total_tax': 'money',
            'total_shipping_price': [
                'money', 'total_shipping_price_set.shop_money.amount',
            ],
            'has_tax_in_prices': ['boolean', 'taxes_included'],
            'is_test': ['boolean', 'test'],
            'processed_at': 'timestamp',
            'created_at': 'timestamp',
            'updated_at': 'timestamp',
            'cancelled_at': 'timestamp',
            'deleted_at': 'timestamp',
        },
        needed=['order_id']
    ) }}

)

select
    -- ids
    order_id,
    customer_id,

    -- strings
    email,
    financial_status,
    currency,
    source_name,

    -- numerics
    total_discounts,
    total_tax,
    total_shipping_price,

    -- booleans
    has_tax_in_prices,
    is_test,
    deleted_at is not null as is_deleted,

    -- timestamps
    processed_at,
    created_at,
    updated_at,
    cancelled_at

from landed
