-- One row per service ticket that the connectors in use have received.
{{ config(materialized='view') }}
{{ segmentation.select_united('tickets') }}
