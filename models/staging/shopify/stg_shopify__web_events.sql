-- One row per checkout that was begun and not finished; Shopify tells of no other
-- visits.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
{% set string = dbt.type_string() %}
with

checkouts as (

    select * from {{ segmentation.ref_base('checkouts') }}
    where not coalesce(is_deleted, false)

),

accounts as (

    select * from {{ ref('base_shopify__accounts') }}

),

{{ segmentation.owned_by_account('checkouts') }},

renamed as (

    select
        -- ids
        'checkout|' || checkout_id as web_event_id,
        owner_id as customer_id,
        cast(null as {{ string }}) as session_id,
        cast(null as {{ string }}) as product_id,

        -- strings
        -- whose it is has been said, as far as that was asked for
        cast(null as {{ string }}) as email,
        'checkout' as event_type,

        -- timestamps
        created_at as occurred_at

    from owned

)

select * from renamed

