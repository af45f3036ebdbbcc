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

addressed as (

    select
        *,
        case
            when customer_id is null
                then {{ segmentation.email_address('email') }}
        end as guest_address

    from checkouts

),

renamed as (

    select
        -- ids
        'checkout|' || addressed.checkout_id as web_event_id,
        coalesce(
            accounts.counted_customer_id,
            addressed.customer_id,
            {% if var('segmentation_guests_by_email') %}
                guests.customer_id
            {% else %}
                null
            {% endif %}
        ) as customer_id,
        cast(null as {{ string }}) as session_id,
        cast(null as {{ string }}) as product_id,

        -- strings
        -- whose it is has been said, as far as that was asked for
        cast(null as {{ string }}) as email,
        'checkout' as event_type,

        -- timestamps
        addressed.created_at as occurred_at

    from addressed

    left join accounts
        on addressed.customer_id = accounts.customer_id

    {% if var('segmentation_guests_by_email') %}
        left join accounts as guests
            on
                addressed.guest_address = guests.address
                and guests.is_owner
    {% endif %}

)

select * from renamed
