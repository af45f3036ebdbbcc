-- One row per way in which an order was shipped and tax on it, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'order_shipping_tax_line',
    {
        'shipping_line_id': ['shipping_line_key', 'order_shipping_line_id'],
        'amount': ['money', 'price_set_shop_amount', 'price'],
    },
    needed=['shipping_line_id', 'amount'],
    is_optional=true
) }}
