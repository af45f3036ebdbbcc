-- One row per refund that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('refunds') }}
