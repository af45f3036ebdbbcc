-- One row per line of an order and discount on it, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'discount_allocation',
    {
        'order_line_id': 'order_line_key',
        'amount': [
            'money', 'allocated_amount_set_shop_amount',
            'amount_set_shop_money_amount', 'amount',
        ],
    },
    needed=['order_line_id', 'amount'],
    is_optional=true
) }}
