-- One row per e-mail event that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('email_events') }}
