-- One row per accepted customer whose telephone number is written with its country's
-- code. All models work on the hashes; raw numbers are read only for what is sent to a
-- tool that reaches customers by them.
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
    'phone', segmentation.phone_e164('phone'),
    segmentation.contact_hash(segmentation.phone_digits('phone')), 'phone_key'
) }}
