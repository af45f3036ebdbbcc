-- One row per line of a refund, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{# called so since Shopify's GraphQL interface is read #}
{% set renamed = segmentation.landed_columns(
    source('shopify_fivetran', 'refund_line_item')
) %}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'refund_line_item' if renamed else 'order_line_refund',
    {
        'refund_line_id': ['id', 'id'],
        'refund_id': 'id',
        'order_line_id': 'order_line_key',
        'quantity': 'money',
        'amount': ['money', 'subtotal_set_shop_amount', 'subtotal'],
    },
    needed=['refund_line_id', 'refund_id', 'order_line_id'],
    is_optional=true
) }}
