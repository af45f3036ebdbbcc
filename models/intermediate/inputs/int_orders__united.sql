-- One row per order that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('orders') }}
