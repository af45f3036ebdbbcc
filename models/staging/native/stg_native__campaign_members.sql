{{ config(
    enabled=segmentation.connector() == 'native',
    pre_hook="{{ segmentation.check_input('campaign_members') }}"
) }}
with

source as (

    {{ segmentation.select_native('campaign_members') }}

),

renamed as (

    select
        -- ids
        campaign_id,
        customer_id,

        -- strings
        mended_values,
        arm,
        channel,

        -- numerics
        cost,

        -- timestamps
        assigned_at

    from source

)

select * from renamed
