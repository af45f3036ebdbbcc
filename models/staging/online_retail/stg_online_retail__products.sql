-- One row per stock code, named as most of its lines name it, the first by name where
-- as many have another. The file has no categories; what is not goods (postage,
-- carriage, fees, discounts, entries by hand) is put under Service.
{{ config(enabled=segmentation.connector() == 'online_retail') }}
with

lines as (

    select * from {{ ref('base_online_retail__lines') }}

),

names as (

    select
        product_id,
        product_name,
        is_goods,
        count(*) as n_lines

    from lines

    where product_id is not null

    group by
        product_id,
        product_name,
        is_goods

),

ranked as (

    select
        product_id,
        product_name,
        is_goods,
        row_number() over (
            partition by product_id
            order by
                case when product_name is null then 1 else 0 end asc,
                n_lines desc,
                product_name asc
        ) as name_rank

    from names

),

renamed as (

    select
        -- ids
        cast(product_id as {{ dbt.type_string() }}) as product_id,

        -- strings
        cast(product_name as {{ dbt.type_string() }}) as product_name,
        cast(case when not is_goods then 'Service' end as {{ dbt.type_string() }})
            as category,
        cast(null as {{ dbt.type_string() }}) as brand,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as unit_cost

    from ranked

    where name_rank = 1

)

select * from renamed
