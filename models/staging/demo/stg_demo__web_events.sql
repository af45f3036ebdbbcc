{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_web_events') }}

),

renamed as (

    select
        -- ids
        cast(web_event_id as {{ dbt.type_string() }}) as web_event_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(session_id as {{ dbt.type_string() }}) as session_id,
        cast(product_id as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as email,
        cast(event_type as {{ dbt.type_string() }}) as event_type,

        -- timestamps
        cast(occurred_at as timestamp) as occurred_at

    from source

)

select * from renamed
