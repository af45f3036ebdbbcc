-- One row per accepted customer with an address that can be sent to. All models work
-- on the hashes; raw addresses are read only for what is sent to a tool that knows
-- profiles by them.
with

customers as (

    select * from {{ ref('int_customers__united') }}

),

numbered as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

checked as (

    select * from {{ ref('int_customers__checked') }}

),

{{ segmentation.kept_contacts(
    'email', segmentation.email_address('email'), segmentation.contact_hash('email'),
    'email_sha256'
) }}
