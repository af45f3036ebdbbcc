{{ config(enabled=segmentation.connector() == 'native') }}
with

source as (

    {{ segmentation.select_native('tickets') }}

),

renamed as (

    select
        -- ids
        ticket_id,
        customer_id,

        -- booleans
        is_complaint,

        -- timestamps
        opened_at,
        closed_at

    from source

)

select * from renamed
