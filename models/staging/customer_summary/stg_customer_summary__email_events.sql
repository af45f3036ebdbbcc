-- One row per e-mail event: none. A customer summary has no e-mail events; the columns
-- stand for the entity.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as email_event_id,
        cast(null as {{ dbt.type_string() }}) as customer_id,
        cast(null as {{ dbt.type_string() }}) as campaign_id,
        cast(null as {{ dbt.type_string() }}) as message_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as event_type,

        -- timestamps
        cast(null as timestamp) as occurred_at

    from source

    where 1 = 0

)

select * from renamed
