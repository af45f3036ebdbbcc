-- One row per review: none. A customer summary has no reviews; the columns stand for
-- the entity.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

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
