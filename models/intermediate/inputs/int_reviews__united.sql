-- One row per review that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('reviews') }}
