-- One row per consent given or refused that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('consents') }}
