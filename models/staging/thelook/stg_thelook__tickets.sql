-- One row per service ticket: none. TheLook has no service tickets; the columns stand
-- for the entity.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ ref('base_thelook__users') }}

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
