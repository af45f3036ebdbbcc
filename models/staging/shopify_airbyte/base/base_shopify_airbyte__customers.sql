-- One row per customer account, as Airbyte lands it.
{{ config(enabled=segmentation.is_in_use('shopify_airbyte')) }}
{{ segmentation.select_landed(
    'shopify_airbyte',
    'customers',
    {
        'customer_id': ['id', 'id'],
        'default_address_id': ['id', 'default_address.id'],
        'email': 'string',
        'phone': 'string',
        'email_consent_state': ['string', 'email_marketing_consent.state'],
        'sms_consent_state': ['string', 'sms_marketing_consent.state'],
        'accepts_marketing': 'boolean',
        'is_deleted': 'boolean',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        'email_consent_at': ['timestamp', 'email_marketing_consent.consent_updated_at'],
        'sms_consent_at': ['timestamp', 'sms_marketing_consent.consent_updated_at'],
        'accepts_marketing_at': ['timestamp', 'accepts_marketing_updated_at'],
        'synced_at': ['timestamp', '_airbyte_extracted_at'],
    },
    needed=['customer_id']
) }}
