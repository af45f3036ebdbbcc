-- One row per event of any kind, as Fivetran lands it, deleted ones included.
{{ config(enabled=segmentation.is_in_use('klaviyo_fivetran')) }}
{{ segmentation.select_landed(
    'klaviyo_fivetran',
    'event',
    {
        'event_id': ['id', 'id'],
        'person_id': 'id',
        'metric_id': 'id',
        'campaign_id': 'id',
        'flow_id': 'id',
        'flow_message_id': 'id',
        'variation_id': ['id', '_variation'],
        'event_type': ['string', 'type'],
        'is_deleted': ['boolean', '_fivetran_deleted'],
        'occurred_at': ['timestamp', 'timestamp', 'datetime'],
    },
    needed=['event_id', 'person_id', 'occurred_at']
) }}
