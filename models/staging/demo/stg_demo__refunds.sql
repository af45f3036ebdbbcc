-- One row per refund: none. The demo shop tells what came back by its lines; the
-- columns stand for the entity.
{{ config(enabled=segmentation.connector() == 'demo') }}
with

source as (

    select * from {{ ref('demo_orders') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as refund_id,
        cast(null as {{ dbt.type_string() }}) as order_id,
        cast(null as {{ dbt.type_string() }}) as order_line_id,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as amount,
        cast(null as {{ segmentation.type_money() }}) as quantity,

        -- timestamps
        cast(null as timestamp) as refunded_at

    from source

    where 1 = 0

)

select * from renamed
