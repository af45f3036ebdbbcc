-- One row per profile, as Fivetran lands it, deleted ones included.
{{ config(enabled=segmentation.is_in_use('klaviyo_fivetran')) }}
{{ segmentation.select_landed(
    'klaviyo_fivetran',
    'person',
    {
        'person_id': ['id', 'id'],
        'external_id': 'id',
        'email': 'string',
        'phone': ['string', 'phone_number'],
        'email_consent': ['string', 'subscriptions_email_marketing_consent'],
        'sms_consent': ['string', 'subscriptions_sms_marketing_consent'],
        'can_receive_email': [
            'boolean', 'subscriptions_email_marketing_can_receive_email_marketing'
        ],
        'can_receive_sms': [
            'boolean', 'subscriptions_sms_marketing_can_receive_sms_marketing',
            'subscriptions_email_marketing_can_receive_sms_marketing'
        ],
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'email_consent_at': [
            'timestamp', 'subscriptions_email_marketing_timestamp',
            'subscriptions_email_marketing_consent_timestamp'
        ],
        'sms_consent_at': [
            'timestamp', 'subscriptions_sms_marketing_timestamp',
            'subscriptions_sms_marketing_consent_timestamp'
        ],
    },
    needed=['person_id', 'email']
) }}
