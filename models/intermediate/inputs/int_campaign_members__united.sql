-- One row per campaign and customer in it that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('campaign_members') }}
