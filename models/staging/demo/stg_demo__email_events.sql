{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_email_events') }}

),

renamed as (

    select
        -- ids
        cast(email_event_id as {{ dbt.type_string() }}) as email_event_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
        cast(message_id as {{ dbt.type_string() }}) as message_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as email,
        cast(event_type as {{ dbt.type_string() }}) as event_type,

        -- timestamps
        cast(occurred_at as timestamp) as occurred_at

    from source

)

select * from renamed
