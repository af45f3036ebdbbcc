{{ config(enabled=segmentation.connector() == 'native') }}
with

source as (

    {{ segmentation.select_native('reviews') }}

),

renamed as (

    select
        -- ids
        cast(review_id as {{ dbt.type_string() }}) as review_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,

        -- numerics
        cast(rating as {{ segmentation.type_double() }}) as rating,

        -- timestamps
        cast(reviewed_at as timestamp) as reviewed_at

    from source

)

select * from renamed
