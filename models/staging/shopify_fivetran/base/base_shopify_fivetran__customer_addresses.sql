-- One row per postal address of a customer, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'customer_address',
    {
        'address_id': ['id', 'id'],
        'customer_id': 'customer_key',
        'country': ['string', 'country', 'country_code'],
        'province': 'string',
        'city': 'string',
        'is_default': 'boolean',
    },
    needed=['address_id', 'customer_id'],
    is_optional=true
) }}
