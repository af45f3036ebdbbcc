-- One row per review: none. The file has no reviews; the columns stand for the entity.
{{ config(enabled=segmentation.connector() == 'online_retail') }}
with

source as (

    select * from {{ ref('base_online_retail__lines') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as review_id,
        cast(null as {{ dbt.type_string() }}) as customer_id,

        -- numerics
        cast(null as {{ segmentation.type_double() }}) as rating,

        -- timestamps
        cast(null as timestamp) as reviewed_at

    from source

    where 1 = 0

)

select * from renamed
