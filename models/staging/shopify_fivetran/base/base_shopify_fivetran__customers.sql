-- One row per customer account, as Fivetran lands it.
{{ config(enabled=segmentation.is_in_use('shopify_fivetran')) }}
{{ segmentation.select_landed(
    'shopify_fivetran',
    'customer',
    {
        'customer_id': ['customer_key', 'id'],
        'default_address_id': 'id',
        'email': 'string',
        'phone': 'string',
        'email_consent_state': ['string', 'email_marketing_consent_state'],
        'sms_consent_state': [
            'string', 'sms_marketing_consent_state',
            'sms_marketing_consent_marketing_state',
        ],
        'accepts_marketing': 'boolean',
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        'email_consent_at': [
            'timestamp', 'email_marketing_consent_updated_at',
            'email_marketing_consent_consent_updated_at',
        ],
        'sms_consent_at': [
            'timestamp', 'sms_marketing_consent_updated_at',
            'sms_marketing_consent_consent_updated_at',
        ],
        'accepts_marketing_at': ['timestamp', 'accepts_marketing_updated_at'],
        'synced_at': ['timestamp', '_fivetran_synced'],
    },
    needed=['customer_id']
) }}
