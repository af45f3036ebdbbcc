-- One row per service ticket: none. The file has no service tickets; the columns stand
-- for the entity.
{{ config(enabled=segmentation.connector() == 'online_retail') }}
with

source as (

    select * from {{ ref('base_online_retail__lines') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as ticket_id,
        cast(null as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as complaint,

        -- timestamps
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as closed_at

    from source

    where 1 = 0

)

select * from renamed
