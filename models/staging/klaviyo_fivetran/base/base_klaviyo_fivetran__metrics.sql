-- One row per metric, which is what Klaviyo calls a kind of event, as Fivetran lands
-- it.
{{ config(enabled=segmentation.is_in_use('klaviyo_fivetran')) }}
{{ segmentation.select_landed(
    'klaviyo_fivetran',
    'metric',
    {'metric_id': ['id', 'id'], 'metric_name': ['string', 'name']},
    needed=['metric_id', 'metric_name']
) }}
