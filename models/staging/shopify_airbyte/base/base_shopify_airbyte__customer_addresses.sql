-- One row per postal address of a customer, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed(
    'shopify_airbyte',
    'customers',
    {
        'address_id': ['id', 'default_address.id'],
        'customer_id': ['id', 'id'],
        'country': [
            'string',
            'default_address.country',
            'default_address.country_code',
        ],
        'province': ['string', 'default_address.province'],
        'city': ['string', 'default_address.city'],
        'is_default': ['boolean', 'default_address.default'],
    },
    needed=['customer_id'],
    is_optional=true
) }}
