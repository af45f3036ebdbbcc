{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_tickets') }}

),

renamed as (

    select
        -- ids
        cast(ticket_id as {{ dbt.type_string() }}) as ticket_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(is_complaint as {{ dbt.type_string() }}) as complaint,

        -- timestamps
        cast(opened_at as timestamp) as opened_at,
        cast(closed_at as timestamp) as closed_at

    from source

)

select * from renamed
