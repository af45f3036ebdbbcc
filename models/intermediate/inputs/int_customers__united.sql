-- One row per customer account that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('customers') }}
