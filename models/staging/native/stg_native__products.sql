{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('products') }}"
) }}
with

source as (

    {{ segmentation.select_native('products') }}

),

renamed as (

    select
        -- ids
        product_id,

        -- strings
        mended_values,
        product_name,
        category,
        brand,

        -- numerics
        unit_cost

    from source

)

select * from renamed
