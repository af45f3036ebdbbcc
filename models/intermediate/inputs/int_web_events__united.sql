-- One row per web or app event that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('web_events') }}
