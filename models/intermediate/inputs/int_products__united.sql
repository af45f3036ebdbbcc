-- One row per product that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('products') }}
