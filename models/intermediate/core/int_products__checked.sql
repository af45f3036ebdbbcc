-- One row per product row received, with the reason it was rejected for, if any.
with

products as (

    select * from {{ ref('int_products__united') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by product_id
            order by
                product_name asc nulls last,
                category asc nulls last,
                brand asc nulls last
        ) as copy_number

    from products

)

select
    product_id,
    product_name,
    nullif(trim(category), '') as category,
    brand,
    copy_number,
    case
        when product_id is null or trim(product_id) = '' then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
    end as reject_reason

from numbered
