-- One row per campaign and customer in it: none. A customer summary has no campaigns;
-- the columns stand for the entity.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as campaign_id,
        cast(null as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as arm,
        cast(null as {{ dbt.type_string() }}) as channel,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as cost,

        -- timestamps
        cast(null as timestamp) as assigned_at

    from source

    where 1 = 0

)

select * from renamed
