-- One row per order: none. A customer summary has no orders; the columns stand for the
-- entity.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

),

renamed as (

    select
        -- ids
        cast(null as {{ dbt.type_string() }}) as order_id,
        cast(null as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as status,
        cast(null as {{ dbt.type_string() }}) as currency,
        cast(null as {{ dbt.type_string() }}) as coupon_code,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as shipping_amount,
        cast(null as {{ segmentation.type_money() }}) as tax_amount,
        cast(null as {{ segmentation.type_money() }}) as discount_amount,

        -- booleans
        cast(null as boolean) as is_test,
        cast(null as boolean) as has_tax_in_prices,

        -- timestamps
        cast(null as timestamp) as ordered_at,
        cast(null as timestamp) as cancelled_at,
        cast(null as timestamp) as updated_at

    from source

    where 1 = 0

)

select * from renamed
