-- One row per event on TheLook's web site; those without a customer are of anonymous
-- visitors. Only a product page's address says which product it is.
{{ config(enabled=segmentation.connector() == 'thelook') }}
with

source as (

    select * from {{ source('thelook', 'events') }}

),

renamed as (

    select
        -- ids
        {{ segmentation.to_id('id') }} as web_event_id,
        {{ segmentation.to_id('user_id') }} as customer_id,
        {{ segmentation.to_id('session_id') }} as session_id,
        cast(
            case when uri like '/product/%' then substr(uri, 10) end
            as {{ dbt.type_string() }}
        ) as product_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as email,
        cast(
            case
                when event_type = 'product' then 'view'
                when event_type = 'home' then 'visit'
                when event_type = 'department' then 'browse'
                -- cart, purchase and cancel are called so here too
                else event_type
            end as {{ dbt.type_string() }}
        ) as event_type,

        -- timestamps
        {{ segmentation.to_timestamp('created_at') }} as occurred_at

    from source

)

select * from renamed
