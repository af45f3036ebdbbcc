{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('reviews') }}"
) }}
with

source as (

    {{ segmentation.select_native('reviews') }}

),

renamed as (

    select
        -- ids
        review_id,
        customer_id,

        -- strings
        mended_values,

        -- numerics
        rating,

        -- timestamps
        reviewed_at

    from source

)

select * from renamed
