-- One row per order line that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('order_lines') }}
