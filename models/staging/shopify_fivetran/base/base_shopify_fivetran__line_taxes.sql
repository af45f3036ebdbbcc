-- One row per line of an order and tax on it, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{# called so since Shopify's GraphQL interface is read #}
{% set renamed = segmentation.landed_columns(
    source('shopify_fivetran', 'order_line_tax_line')
) %}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'order_line_tax_line' if renamed else 'tax_line',
    {
        'order_line_id': 'order_line_key',
        'amount': ['money', 'price_set_shop_amount', 'price'],
    },
    needed=['order_line_id', 'amount'],
    is_optional=true
) }}
