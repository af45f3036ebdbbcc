{{ config(enabled=segmentation.connector() == 'native') }}
with

source as (

    {{ segmentation.select_native('campaign_members') }}

),

renamed as (

    select
        -- ids
        cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(arm as {{ dbt.type_string() }}) as arm,
        cast(channel as {{ dbt.type_string() }}) as channel,

        -- numerics
        cast(cost as {{ segmentation.type_money() }}) as cost,

        -- timestamps
        cast(assigned_at as timestamp) as assigned_at

    from source

)

select * from renamed
