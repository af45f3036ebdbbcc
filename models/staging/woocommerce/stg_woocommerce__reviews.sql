-- One row per review of WooCommerce that was approved. It names the reviewer by
-- address: the oldest account that has it.
{{ config(enabled=segmentation.is_in_use('woocommerce')) }}
with

reviews as (

    select * from {{ ref('base_woocommerce__reviews') }}

),

shoppers as (

    select * from {{ ref('base_woocommerce__shoppers') }}

),

owners as (

    select * from shoppers
    where is_oldest_account

),

addressed as (

    select
        *,
        {{ segmentation.email_address('email') }} as address

    from reviews

    where coalesce(lower(status), 'approved') = 'approved'

),

renamed as (

    select
        -- ids
        addressed.review_id,
        owners.customer_id,

        -- numerics
        addressed.rating,

        -- timestamps
        addressed.created_at as reviewed_at

    from addressed

    left join owners
        on addressed.address = owners.address

)

select * from renamed
